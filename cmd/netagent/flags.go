package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/confine"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

const (
	defaultSocket = "/run/hawser/socket/netagent.sock"
	// defaultTraceSocket is there when the driver has a collector to send to.
	defaultTraceSocket = "/run/hawser/socket/otlp.sock"
)

type options struct {
	config    netagent.Config
	sandbox   bool
	traces    string
	verbosity int
	logFormat string
	version   bool
}

// usageError is a wrong command line.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func parseFlags(args []string, usage io.Writer) (options, error) {
	o := options{config: netagent.Config{AllowPeer: peer.Identity{UID: 0, GID: 65410}}}
	f := flag.NewFlagSet("netagent", flag.ContinueOnError)
	f.StringVar(&o.config.Socket, "socket", defaultSocket, "`path` of the Unix socket to serve on")
	f.StringVar(&o.config.JournalDir, "journal-dir", "/run/hawser/netagent", "`directory` of the journal, on the host's tmpfs")
	f.Func("allow-peer", "the one caller, as `uid:gid` (default 0:65410)", func(s string) (err error) {
		o.config.AllowPeer, err = peer.Parse(s)
		return err
	})
	f.Func("allow-parents", "comma-separated `patterns` of links that claims may name, such as eth1,br-* (default none)",
		func(s string) error { o.config.AllowParents = split(s); return nil })
	f.Func("allow-rdma", "comma-separated `patterns` of RDMA devices that claims may have, such as mlx5_*,rxe0 (default none)",
		func(s string) error { o.config.AllowRDMA = split(s); return nil })
	f.Func("allow-devices", "comma-separated `patterns` of network cards that may be lent to pods, themselves or their virtual functions, such as eth2,ens* (default none)",
		func(s string) error { o.config.AllowDevices = split(s); return nil })
	f.Func("sriov-vfs", "virtual functions to make at the start, as comma-separated `link=count`, such as eth1=4", func(s string) (err error) {
		o.config.VFs, err = sriov.ParseCounts(split(s))
		return err
	})
	f.IntVar(&o.config.MaxAttachments, "max-attachments", 512, "how many attachments the node may have")
	f.BoolVar(&o.sandbox, "require-sandbox", false, "do not start on a kernel that lacks a part of the sandbox (Landlock, seccomp)")
	f.StringVar(&o.traces, "trace-socket", defaultTraceSocket, "`path` of the driver's socket for spans; empty: no spans")
	f.IntVar(&o.verbosity, "v", 0, "how much to log: 2 shows each call, 4 each step")
	f.StringVar(&o.logFormat, "log-format", "text", "text or json")
	f.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := parse(f, args, usage); err != nil {
		return options{}, err
	}
	if err := o.config.Validate(); err != nil {
		return options{}, &usageError{err}
	}
	return o, nil
}

func (o options) sandboxConfig() confine.Config {
	return confine.Config{
		SocketDir: filepath.Dir(o.config.Socket), JournalDir: o.config.JournalDir, Require: o.sandbox,
	}
}

// parse lists the flags only when asked to, and refuses arguments that are no
// flags: one that lacks its dashes would otherwise pass without a word, and with
// it all flags after it.
func parse(f *flag.FlagSet, args []string, usage io.Writer) error {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(usage)
		f.PrintDefaults()
		return err
	}
	if err != nil {
		return &usageError{err}
	}
	if f.NArg() > 0 {
		return &usageError{fmt.Errorf("unexpected argument %q", f.Arg(0))}
	}
	return nil
}

// split reads a comma-separated list; an empty one has no items.
func split(s string) []string {
	if s == "" {
		return nil
	}
	items := strings.Split(s, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
