package main

import (
	"flag"
	"fmt"
	"regexp"
	"strings"
)

// The places.
const (
	onMachine = "machine"
	onNode    = "node"
)

// what is measured, wherever.
type what struct {
	rounds int
	only   *regexp.Regexp // nil: all
}

func (w *what) flags(f *flag.FlagSet) {
	f.IntVar(&w.rounds, "rounds", 1000, "rounds of each row")
	f.Func("only", "`pattern` of the groups to measure (default all)", func(s string) (err error) {
		w.only, err = regexp.Compile(s)
		return err
	})
}

// parse parses a command's flags, which are all of its arguments.
func (w *what) parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if w.rounds < 1 {
		return fmt.Errorf("-rounds is %d, must be at least 1", w.rounds)
	}
	return nil
}

// measures says whether groups of that name are.
func (w *what) measures(group string) bool { return w.only == nil || w.only.MatchString(group) }

type options struct {
	what
	on      []string // places
	out     string
	version string
}

func parse(args []string) (options, error) {
	o := options{on: []string{onMachine, onNode}}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	o.flags(f)
	f.Func("on", "`places` to measure on, separated by commas (default "+strings.Join(o.on, ",")+")", func(s string) error {
		o.on = strings.Split(s, ",")
		for _, place := range o.on {
			if place != onMachine && place != onNode {
				return fmt.Errorf("no place is called %q", place)
			}
		}
		return nil
	})
	f.StringVar(&o.out, "out", ".bench", "`directory` of the results")
	f.StringVar(&o.version, "version", "v0.1.0", "`version` that the binaries say they are")
	return o, o.parse(f, args)
}
