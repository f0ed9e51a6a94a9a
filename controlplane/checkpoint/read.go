package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

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
	r, err := record.Parse(data)
	if err == nil && r.Claim.UID != claimUID {
		err = fmt.Errorf("it is the record of claim %s", r.Claim.UID)
	}
	if err != nil {
		s.log.Error("Setting aside a file that is not the claim's record", "file", path, "as", path+brokenSuffix, "err", err)
		return nil, os.Rename(path, path+brokenSuffix)
	}
	return r, nil
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
