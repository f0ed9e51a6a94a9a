// Package handover is what podlink asks of netagent for an RDMA device in exclusive
// mode: that it be moved to the network namespace whose file podlink sends along.
//
// One request and one answer go over a Unix socket in a directory of the host that
// root alone can enter. The package depends on nothing but the standard library, so
// that podlink stays small.
package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

const (
	// Dir is where the sockets are on the host, one for each netagent that runs:
	// during a rolling update there are two, and either may answer.
	Dir = "/run/hawser/netagent/" + Subdir
	// Subdir of the journal's directory.
	Subdir = "handover"
	// Ext is the ending of a socket's name.
	Ext = ".sock"
	// MaxSize of a message: twice an error, and much to spare.
	MaxSize = 4 * 1024
	// MaxError in bytes, the rest is cut off.
	MaxError = 1024
	// Time that the whole may take. A call that has the claim ends before.
	Time = 30 * time.Second
)

var (
	uidPattern   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	ibdevPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)
)

// Request names a device that a claim has.
type Request struct {
	ClaimUID string `json:"claimUID"`
	IBDev    string `json:"ibdev"`
}

// Answer is how it went. Without an error the device is in the namespace.
type Answer struct {
	Error string `json:"error,omitempty"`
}

// AnswerOf is the answer for an error, or for none.
func AnswerOf(err error) Answer {
	if err == nil {
		return Answer{}
	}
	text := err.Error()
	return Answer{Error: strings.ToValidUTF8(text[:min(len(text), MaxError)], "")}
}

// Marshal writes a request or an answer.
func Marshal[M Request | Answer](m M) ([]byte, error) {
	b, err := json.Marshal(m)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("%d bytes, at most %d are allowed", len(b), MaxSize)
	}
	if err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	return b, nil
}

// ParseRequest is strict: a field too many is an error.
func ParseRequest(b []byte) (r Request, err error) {
	switch err := parse(b, &r); {
	case err != nil:
		return Request{}, err
	case !uidPattern.MatchString(r.ClaimUID):
		return Request{}, fmt.Errorf("handover: claimUID %.64q is not a UID", r.ClaimUID)
	case !ibdevPattern.MatchString(r.IBDev):
		return Request{}, fmt.Errorf("handover: ibdev %.64q is not the name of an RDMA device", r.IBDev)
	}
	return r, nil
}

// ParseAnswer is strict too.
func ParseAnswer(b []byte) (a Answer, err error) {
	err = parse(b, &a)
	return a, err
}

func parse(b []byte, into any) error {
	if len(b) > MaxSize {
		return fmt.Errorf("handover: %d bytes, at most %d are allowed", len(b), MaxSize)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("handover: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("handover: more data after the end")
	}
	return nil
}
