package testns

import (
	"os"
	"testing"
)

// Alone lets a test be the only one on the machine, in its own network namespace
// and without any other: for settings of the whole machine that the kernel changes
// only then. Whoever runs the tests runs such a test by itself (test/kernel); the
// others of the package are not to be run in that process.
func Alone(t testing.TB) {
	t.Helper()
	if os.Getenv("HAWSER_ALONE") == "" {
		t.Skip("wants to be the only network namespace: test/kernel runs it once more by itself")
	}
}
