package main

import (
	"flag"
	"io"
	"log/slog"
	"strconv"

	"k8s.io/klog/v2"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// newLogger returns the process's logger and makes the Kubernetes libraries,
// whose klog is global, use it with the same verbosity.
func newLogger(w io.Writer, verbosity int, format string) (*slog.Logger, error) {
	log, err := logging.New(w, verbosity, format)
	if err != nil {
		return nil, err
	}
	var f flag.FlagSet
	klog.InitFlags(&f)
	if err := f.Set("v", strconv.Itoa(verbosity)); err != nil {
		return nil, err
	}
	klog.SetSlogLogger(log)
	return log, nil
}
