package main

import (
	"strings"
	"testing"
)

// FuzzArguments: nothing but a record's path and a device's key gets anywhere,
// and a path leads nowhere but to a record.
func FuzzArguments(f *testing.F) {
	f.Add("/dev/zero\nd0")
	f.Add("/proc/self/mem\nd0")
	f.Add("/\nd0\n--help")
	f.Add("record.alloc.json")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\n")
		if len(args) == 1 && args[0] == "--version" {
			return
		}
		if err := run(args); err == nil {
			t.Errorf("%q succeeds, where there is no record", args)
		}
	})
}
