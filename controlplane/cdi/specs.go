// Package cdi keeps one CDI spec file for each prepared claim.
//
// A spec lists a link exactly while that link is in the host namespace, because
// a runtime moves it once and fails when it is gone. A spec is made of the
// claim's record alone, so that it can be made again at any time.
//
// Whoever can write a CDI directory is root on the node. What is written here
// is fixed but for names: environment entries, the link, the device files of an
// RDMA device, and podlink as the only hook, with a fixed path and no environment.
// Files of others in the
// directory are never touched. Each change makes the runtime read the whole
// directory again, so equal content is not written.
package cdi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"tags.cncf.io/container-device-interface/pkg/parser"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/atomicfile"
)

const (
	// DefaultDir is where runtimes look for specs.
	DefaultDir = "/etc/cdi"
	// class is the second half of the specs' kind, after the driver's name.
	class = "claim"
	// mode keeps the names of claims from other users of the node.
	mode = 0o600
)

// Config configures [Specs].
type Config struct {
	// Driver is the vendor of the specs.
	Driver string
	// Dir is [DefaultDir] when empty.
	Dir string
	// Podlink is the host's path of the podlink binary. Empty: no hook.
	Podlink string
	// RecordPath returns the host's path of a claim's record.
	RecordPath func(claimUID string) string
	// Rewritten is called when a spec that was there got another content;
	// optional.
	Rewritten func()
}

// Specs is the directory of specs.
type Specs struct {
	config Config
}

// New makes the directory if there is none.
func New(c Config) (*Specs, error) {
	if c.Dir == "" {
		c.Dir = DefaultDir
	}
	if err := parser.ValidateVendorName(c.Driver); err != nil {
		return nil, fmt.Errorf("driver name: %w", err)
	}
	if c.Podlink != "" && !filepath.IsAbs(c.Podlink) {
		return nil, fmt.Errorf("podlink %q: must be an absolute path on the host", c.Podlink)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil { //nolint:gosec // as every CDI driver makes it: tools that list devices read it
		return nil, fmt.Errorf("CDI directory: %w", err)
	}
	return &Specs{config: c}, nil
}

// DeviceID returns the name under which runtimes find a device of a claim. It
// never changes while the claim is prepared.
func (s *Specs) DeviceID(claimUID, key string) string {
	return parser.QualifiedName(s.config.Driver, class, deviceName(claimUID, key))
}

func deviceName(claimUID, key string) string {
	return claimUID + "-" + key
}

// Write makes the claim's file list the links whose device keys are in onHost.
func (s *Specs) Write(r *record.Record, onHost map[string]bool) error {
	spec, err := s.build(r, onHost)
	if err != nil {
		return fmt.Errorf("CDI spec: %w", err)
	}
	if err := validate(spec); err != nil {
		return fmt.Errorf("CDI spec: %w", err)
	}
	data, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("CDI spec: %w", err)
	}
	path := s.path(r.Claim.UID)
	old, readErr := os.ReadFile(path)
	if readErr == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := atomicfile.Write(path, data, mode); err != nil {
		return err
	}
	if readErr == nil && s.config.Rewritten != nil {
		s.config.Rewritten()
	}
	return nil
}

// Remove deletes the claim's file; it may be gone already.
func (s *Specs) Remove(claimUID string) error {
	return atomicfile.Remove(s.path(claimUID))
}

// List returns the UIDs of the claims that have a file.
func (s *Specs) List() ([]string, error) {
	entries, err := os.ReadDir(s.config.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("CDI directory: %w", err)
	}
	var uids []string
	for _, e := range entries {
		if uid, mine := s.claimOf(e.Name()); mine && e.Type().IsRegular() {
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// Sweep removes what writing was cut short of, longer than age ago.
func (s *Specs) Sweep(age time.Duration) error {
	return atomicfile.Sweep(s.config.Dir, func(name string) bool { _, mine := s.claimOf(name); return mine }, age)
}

// claimOf returns whose spec a file is by its name.
func (s *Specs) claimOf(name string) (uid string, mine bool) {
	uid, isOurs := strings.CutPrefix(name, s.prefix())
	uid, isSpec := strings.CutSuffix(uid, ".json")
	return uid, isOurs && isSpec && uuid.Validate(uid) == nil
}

func (s *Specs) prefix() string {
	return s.config.Driver + "-" + class + "-"
}

func (s *Specs) path(claimUID string) string {
	return filepath.Join(s.config.Dir, s.prefix()+claimUID+".json")
}
