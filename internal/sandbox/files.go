package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	"github.com/landlock-lsm/go-landlock/landlock/syscall"
)

const (
	// leastABI is the Landlock version that covers all that Write and Read
	// grant: the third, of Linux 6.2, without which any file can be truncated.
	leastABI = 3

	readFile = syscall.AccessFSReadFile
	readDir  = readFile | syscall.AccessFSReadDir

	// writeDir makes, changes and removes files and directories. Devices, pipes
	// and symbolic links are not among what anybody here makes.
	writeDir = readDir | syscall.AccessFSWriteFile | syscall.AccessFSTruncate |
		syscall.AccessFSMakeReg | syscall.AccessFSMakeDir | syscall.AccessFSMakeSock |
		syscall.AccessFSRemoveFile | syscall.AccessFSRemoveDir | syscall.AccessFSRefer
)

// Files are the paths that a process needs, with all that lies below them. A
// path of Read or WriteFile that is not there is left out, and stays out of reach
// if it comes to be; one of Write must be there.
type Files struct {
	Read      []string // files and directories to read
	Write     []string // directories to do everything in
	WriteFile []string // files that are there, to be written as they are
}

// Ports are TCP ports. Landlock holds them from version 4, of Linux 6.7; on an
// older kernel all are open, and those of other protocols, MPTCP among them, are
// on any.
type Ports struct {
	AnyConnect bool     // connections to everywhere
	Listen     []uint16 // 0: one that the kernel chooses
}

// Landlock returns the step after which the process reaches f and p and no other
// file or TCP port, and nobody outside by a signal or an abstract socket. What
// is open stays open.
func Landlock(f Files, p Ports) Step {
	return Step{Name: "Landlock", Take: func() error { return restrict(f, p) }}
}

// Supported says whether the kernel can take what Landlock is to take.
func Supported() bool {
	abi, err := syscall.LandlockGetABIVersion()
	return err == nil && abi >= leastABI
}

func restrict(f Files, p Ports) error {
	if !Supported() {
		return fmt.Errorf("%w: Landlock of Linux 6.2 or newer", ErrMissing)
	}
	rules, err := f.rules()
	if err != nil {
		return err
	}
	config := landlock.V6
	if p.AnyConnect {
		config.HandledAccessNet = syscall.AccessNetBindTCP
	}
	for _, port := range p.Listen {
		rules = append(rules, landlock.BindTCP(port))
	}
	return config.BestEffort().Restrict(rules...)
}

func (f Files) rules() ([]landlock.Rule, error) {
	var rules []landlock.Rule
	for _, path := range f.Read {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		access := landlock.AccessFSSet(readFile)
		if info.IsDir() {
			access = readDir
		}
		rules = append(rules, landlock.PathAccess(access, path))
	}
	for _, path := range f.WriteFile {
		rules = append(rules, landlock.PathAccess(syscall.AccessFSWriteFile|syscall.AccessFSTruncate, path).IgnoreIfMissing())
	}
	return append(rules, landlock.PathAccess(writeDir, f.Write...)), nil
}
