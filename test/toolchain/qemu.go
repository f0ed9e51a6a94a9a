package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

const (
	qemuPackage = "qemu-system-x86"
	qemuProgram = "qemu-system-x86_64"
	// qemuMin is the oldest QEMU that this is tested with: igb, and forwarded
	// ports that QEMU itself picks.
	qemuMin = 10
)

// QEMU returns the path of a QEMU that is new enough, and installs it if need be.
func (t *Toolchain) QEMU(ctx context.Context) (string, error) {
	if major, err := qemuMajor(ctx); err == nil && major >= qemuMin {
		return exec.LookPath(qemuProgram)
	}
	args, err := t.qemuToInstall(ctx)
	if err != nil {
		return "", fmt.Errorf("find a QEMU to install: %w", err)
	}
	if err := t.install(ctx, args); err != nil {
		return "", err
	}
	major, err := qemuMajor(ctx)
	if err != nil {
		return "", err
	}
	if major < qemuMin {
		return "", fmt.Errorf("QEMU %d or newer is needed; apt installed %d", qemuMin, major)
	}
	return exec.LookPath(qemuProgram)
}

// qemuToInstall is what to give to apt-get install: the package alone where the
// machine's own suites have it new enough, else with the backports suite.
func (t *Toolchain) qemuToInstall(ctx context.Context) ([]string, error) {
	if err := t.refresh(ctx); err != nil {
		return nil, err
	}
	out, err := output(exec.CommandContext(ctx, "apt-cache", "policy", qemuPackage))
	if err != nil {
		return nil, err
	}
	if candidateMajor(out) >= qemuMin {
		return []string{qemuPackage}, nil
	}
	suite, err := t.useBackports(ctx)
	if err != nil {
		return nil, err
	}
	return []string{"-t", suite, qemuPackage}, nil
}

// candidate is apt-cache policy's line "  Candidate: 1:10.0.2+ds-2".
var candidate = regexp.MustCompile(`(?m)^\s*Candidate: (?:\d+:)?(\d+)\.`)

// candidateMajor is the major version that apt would install, or 0 for none.
func candidateMajor(policy string) int {
	m := candidate.FindStringSubmatch(policy)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(m[1]) // digits, by the expression
	return major
}

var qemuVersion = regexp.MustCompile(`QEMU emulator version (\d+)\.`)

func qemuMajor(ctx context.Context) (int, error) {
	out, err := output(exec.CommandContext(ctx, qemuProgram, "--version"))
	if err != nil {
		return 0, err
	}
	m := qemuVersion.FindStringSubmatch(out)
	if m == nil {
		return 0, errors.New(qemuProgram + " --version tells no version")
	}
	return strconv.Atoi(m[1])
}
