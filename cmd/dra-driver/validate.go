package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hawser-dra/hawser/controlplane/validate"
)

// errWrong ends with exit code 1, every other error of validate with 2.
var errWrong = errors.New("something is wrong in the manifests")

// validateFiles checks manifests without a cluster.
func validateFiles(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("dra-driver validate", flag.ContinueOnError)
	f.SetOutput(stderr)
	driver := f.String("driver-name", defaultDriver, "`name` of the driver, as in DeviceClasses")
	podlink := f.Bool("podlink", true, "the nodes have podlink; without it, claims with settings are refused")
	write := outputFlag(f)
	if err := f.Parse(args); err != nil {
		return unusable(err)
	}
	if f.NArg() == 0 {
		return unusable(errors.New("name the files to check, - for standard input: dra-driver validate FILE…"))
	}
	c := validate.New(validate.Config{Driver: *driver, NoPodlink: !*podlink})
	for _, name := range f.Args() {
		if err := addFile(c, name, stdin); err != nil {
			return unusable(err)
		}
	}
	report := c.Report()
	if err := write(stdout, report); err != nil {
		return unusable(err)
	}
	if n := report.Errors(); n > 0 {
		return fmt.Errorf("%w: errors: %d, objects checked: %d", errWrong, n, report.Objects)
	}
	_, err := fmt.Fprintf(stderr, "objects checked: %d, errors: 0\n", report.Objects)
	return err
}

func addFile(c *validate.Checker, name string, stdin io.Reader) error {
	if name == "-" {
		return c.Add("standard input", stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return c.Add(name, file)
}

// unusableError says that nothing could be checked.
type unusableError struct{ error }

func (e unusableError) Unwrap() error { return e.error }

func unusable(err error) error { return unusableError{err} }

// exitCode is 1, but for a check that could not be made: CI should tell that from
// one that found something.
func exitCode(err error) int {
	if _, ok := errors.AsType[unusableError](err); ok {
		return 2
	}
	return 1
}
