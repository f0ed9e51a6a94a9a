package journal

import (
	"encoding/json"
	"fmt"
	"net"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// version is the form of the files. A netagent that meets another one sets the
// file aside; what it cannot read it must not act on.
const version = 1

// ID names an attachment.
type ID struct {
	Claim, Key string
}

// Entry is what netagent must remember of one attachment.
type Entry struct {
	Claim   string
	Key     string
	Request *netagentv1.DeviceRequest
	Name    string    // of the link in the host namespace
	Since   time.Time // when the entry was added
	Made    *Made     // nil until the link was there
	Leaving bool      // it is being taken back
	Was     *Was      // of a borrowed link: what to give back
	RDMA    *RDMA     // of an RDMA device in exclusive mode: what was lent
}

// Made is the link as it was when it was ready in the host namespace.
type Made struct {
	Index int
	MAC   net.HardwareAddr
	MTU   uint32
}

type file struct {
	Version int             `json:"version"`
	Claim   string          `json:"claim"`
	Key     string          `json:"key"`
	Request json.RawMessage `json:"request"`
	Name    string          `json:"name"`
	Since   time.Time       `json:"since"`
	Made    *madeFile       `json:"made,omitempty"`
	Leaving bool            `json:"leaving,omitempty"`
	Was     *Was            `json:"was,omitempty"`
	RDMA    *RDMA           `json:"rdma,omitempty"`
}

type madeFile struct {
	Index int    `json:"index"`
	MAC   string `json:"mac"`
	MTU   uint32 `json:"mtu"`
}

// marshal gives the same bytes for the same entry: encoding/json takes the
// white space out that protojson varies.
func (e Entry) marshal() ([]byte, error) {
	request, err := protojson.Marshal(e.Request)
	if err != nil {
		return nil, fmt.Errorf("encode journal entry: %w", err)
	}
	f := file{
		Version: version, Claim: e.Claim, Key: e.Key, Request: request,
		Name: e.Name, Since: e.Since, Leaving: e.Leaving, Was: e.Was, RDMA: e.RDMA,
	}
	if e.Made != nil {
		f.Made = &madeFile{Index: e.Made.Index, MAC: e.Made.MAC.String(), MTU: e.Made.MTU}
	}
	return json.Marshal(f)
}
