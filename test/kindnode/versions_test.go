// Package kindnode tests what make cluster makes of kind: the node image in
// kind-node/, the cluster's configuration, and the commands that are run.
package kindnode

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const repo = "../.."

// program puts a program that says this into a directory.
func program(t *testing.T, dir, name, says string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "#!/bin/sh\ncat <<'E'\n%s\nE\n", says), 0o755); err != nil {
		t.Fatal(err)
	}
}

// versions runs the check with what is in dir.
func versions(t *testing.T, dir, command string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), repo+"/kind-node/versions.sh", command)
	c.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestVersions(t *testing.T) {
	const (
		kindContainerd = "containerd github.com/containerd/containerd/v2 v2.3.4 0123456789abcdef0123456789abcdef01234567"
		kindRunc       = "runc version 1.4.3\ncommit: v1.4.3-0-g0123456\nspec: 1.3.0\ngo: go1.26.5\nlibseccomp: 2.6.0"
	)
	for name, tc := range map[string]struct {
		containerd, runc string
		tooOld           string // names, by blanks
		problem          string // none: the check passes
	}{
		"kind 0.33":           {containerd: kindContainerd, runc: kindRunc},
		"the first":           {containerd: "containerd github.com/containerd/containerd/v2 v2.2.1 abc", runc: "runc version 1.4.0"},
		"two digits":          {containerd: "containerd github.com/containerd/containerd/v2 v2.10.0 abc", runc: "runc version 1.10.2"},
		"after a candidate":   {containerd: "containerd github.com/containerd/containerd/v2 v2.3.0-rc.1 abc", runc: "runc version 1.5.0-rc.2"},
		"Debian's":            {"containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "runc version 1.1.5+ds1\ncommit: 1.1.5", "containerd runc", "containerd is 1.6.20"},
		"containerd too old":  {"containerd github.com/containerd/containerd/v2 v2.2.0 abc", kindRunc, "containerd", "containerd is 2.2.0, and pods get their interfaces from 2.2.1 on"},
		"containerd a major":  {"containerd github.com/containerd/containerd v1.7.99 abc", kindRunc, "containerd", "--build-arg CONTAINERD="},
		"containerd too soon": {"containerd github.com/containerd/containerd/v2 v2.2.1-rc.0 abc", kindRunc, "containerd", "containerd is 2.2.1-rc.0"},
		"runc too old":        {kindContainerd, "runc version 1.3.9\ncommit: x", "runc", "runc is 1.3.9, and pods get their interfaces from 1.4.0 on"},
		"runc too soon":       {kindContainerd, "runc version 1.4.0-rc.3\ncommit: x", "runc", "--build-arg RUNC="},
		"no version":          {kindContainerd, "runc: nothing", "runc", "runc does not tell its version: runc: nothing"},
		"no containerd":       {"", kindRunc, "containerd", "there is no containerd"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, says := range map[string]string{"containerd": tc.containerd, "runc": tc.runc} {
				if says != "" {
					program(t, dir, name, says)
				}
			}
			out, err := versions(t, dir, "check")
			if (err == nil) != (tc.problem == "") || !strings.Contains(out, tc.problem) {
				t.Errorf("check: %v, want %q\n%s", err, tc.problem, out)
			}
			out, err = versions(t, dir, "too-old")
			if err != nil || strings.Join(strings.Fields(out), " ") != tc.tooOld {
				t.Errorf("too old are %q, %v; want %q", out, err, tc.tooOld)
			}
		})
	}
}
