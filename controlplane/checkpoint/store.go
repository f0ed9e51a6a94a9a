// Package checkpoint keeps the records of prepared claims in a directory and in
// memory.
//
// A file that is not a record is set aside, never believed and never fatal. Two
// drivers may share the directory while one takes over from the other: [Store.Get],
// which decides about a claim, reads that claim's file; what is asked about other
// claims ([Store.OfPod], [Store.All]) is answered from memory. The caller owes the
// claim's lock around Get, Put and Delete.
package checkpoint

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/atomicfile"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// mode keeps the records from other users of the node.
const mode = 0o600

// Store is the directory of records.
type Store struct {
	dir string
	log *slog.Logger

	mu      sync.RWMutex
	records byClaim
	pods    map[string]byClaim // by the UID of the pod, see OfPod
}

// byClaim are records by the UID of their claim.
type byClaim map[string]*record.Record

// Open makes the directory if there is none, and reads the records in it.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	s := &Store{dir: dir, log: logging.From(ctx), records: byClaim{}, pods: map[string]byClaim{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	for _, e := range entries {
		uid, ok := strings.CutSuffix(e.Name(), record.Suffix)
		if !ok {
			continue
		}
		if _, err := s.Get(uid); err != nil {
			s.log.Error("Ignoring a record that cannot be read", "file", e.Name(), "err", err)
		}
	}
	return s, nil
}

// Path returns where the record of a claim is.
func (s *Store) Path(claimUID string) string {
	return filepath.Join(s.dir, claimUID+record.Suffix)
}

// Get reads the record of a claim. It is nil when there is none, or none that
// can be believed.
func (s *Store) Get(claimUID string) (*record.Record, error) {
	r, err := s.read(claimUID)
	if err != nil {
		return nil, err
	}
	s.remember(claimUID, r)
	return r, nil
}

// Put writes the record of a claim.
func (s *Store) Put(r *record.Record) error {
	data, err := r.Marshal()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(s.Path(r.Claim.UID), data, mode); err != nil {
		return err
	}
	s.remember(r.Claim.UID, r)
	return nil
}

// Delete removes the record of a claim; it may be gone already.
func (s *Store) Delete(claimUID string) error {
	if err := atomicfile.Remove(s.Path(claimUID)); err != nil {
		return err
	}
	s.remember(claimUID, nil)
	return nil
}

// Sweep removes what writing was cut short of, longer than age ago.
func (s *Store) Sweep(age time.Duration) error {
	return atomicfile.Sweep(s.dir, func(name string) bool { return strings.HasSuffix(name, record.Suffix) }, age)
}

// All returns all records. They must not be changed.
func (s *Store) All() []*record.Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.records))
}

// OfPod returns the records of the claims that were reserved for a pod when
// they were prepared. They must not be changed.
func (s *Store) OfPod(podUID string) []*record.Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.pods[podUID]))
}

// remember keeps the record of a claim, or none.
func (s *Store) remember(claimUID string, r *record.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.records[claimUID]; old != nil {
		for _, pod := range old.Pods {
			delete(s.pods[pod], claimUID)
			if len(s.pods[pod]) == 0 {
				delete(s.pods, pod)
			}
		}
		delete(s.records, claimUID)
	}
	if r == nil {
		return
	}
	s.records[claimUID] = r
	for _, pod := range r.Pods {
		if s.pods[pod] == nil {
			s.pods[pod] = byClaim{}
		}
		s.pods[pod][claimUID] = r
	}
}
