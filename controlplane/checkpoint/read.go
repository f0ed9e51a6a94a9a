package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/api/record"
)

// brokenSuffix marks what is kept for people to look at.
const brokenSuffix = ".broken"

// read returns the record in the claim's file. A file that is not one is set
// aside, so that it is reported once and the claim can be prepared anew.
func (s *Store) read(claimUID string) (*record.Record, error) {
	path := s.Path(claimUID)
	data, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	r, err := parse(data, claimUID)
	if err != nil {
		s.log.Error("Setting aside a file that is not the claim's record", "file", path, "as", path+brokenSuffix, "err", err)
		return nil, os.Rename(path, path+brokenSuffix)
	}
	return r, nil
}

func parse(data []byte, claimUID string) (*record.Record, error) {
	r, err := record.Parse(data)
	if err == nil && r.Claim.UID != claimUID {
		return nil, fmt.Errorf("it is the record of claim %s", r.Claim.UID)
	}
	return r, err
}

// Look reads the records in a directory, which may be another process's, and
// leaves everything there as it is. Err names those that cannot be read.
func Look(dir string) (records []*record.Record, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	var errs []error
	for _, e := range entries {
		uid, ok := strings.CutSuffix(e.Name(), record.Suffix)
		if !ok {
			continue
		}
		data, err := readBounded(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // its claim has ended meanwhile
		}
		var r *record.Record
		if err == nil {
			r, err = parse(data, uid)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name(), err))
			continue
		}
		records = append(records, r)
	}
	return records, errors.Join(errs...)
}

// readBounded reads no more than makes a record too big.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, record.MaxSize+1))
}
