package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"

	"google.golang.org/protobuf/encoding/protojson"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// unmarshal is strict: a field too many, a second value or another version is
// an error, and the entry must be the one that the file's name says.
func unmarshal(b []byte, name string) (Entry, error) {
	if len(b) > maxSize {
		return Entry{}, fmt.Errorf("larger than %d bytes", maxSize)
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return Entry{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return Entry{}, errors.New("more than one value")
	}
	if f.Version != version {
		return Entry{}, fmt.Errorf("version %d, want %d", f.Version, version)
	}
	if want := fileName(f.Claim, f.Key); name != want {
		return Entry{}, fmt.Errorf("holds the entry of %s", want)
	}
	return f.entry()
}

func (f file) entry() (Entry, error) {
	e := Entry{
		Claim: f.Claim, Key: f.Key, Request: &netagentv1.DeviceRequest{},
		Name: f.Name, Since: f.Since, Leaving: f.Leaving, Was: f.Was, RDMA: f.RDMA,
	}
	if err := protojson.Unmarshal(f.Request, e.Request); err != nil {
		return Entry{}, fmt.Errorf("request: %w", err)
	}
	if err := f.Was.check(); err != nil {
		return Entry{}, fmt.Errorf("was: %w", err)
	}
	if err := f.RDMA.check(); err != nil {
		return Entry{}, fmt.Errorf("rdma: %w", err)
	}
	if f.Made == nil {
		return e, nil
	}
	mac, err := net.ParseMAC(f.Made.MAC)
	if err != nil || f.Made.Index <= 0 {
		return Entry{}, fmt.Errorf("made: link %d with MAC %q", f.Made.Index, f.Made.MAC)
	}
	e.Made = &Made{Index: f.Made.Index, MAC: mac, MTU: f.Made.MTU}
	return e, nil
}
