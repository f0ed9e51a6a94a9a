// Package report is what podlink tells the driver, in one datagram, when it has
// done its work in a pod: whether the device is ready there, and with which
// addresses.
//
// A report is news, not truth: it may be lost, and nothing waits for it. It
// depends on nothing but the standard library, so that podlink stays small.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// SocketName in the plugin's data directory.
	SocketName = "podlink.sock"
	// MaxSize of a datagram: twice an error and 32 addresses at their longest.
	MaxSize = 8 * 1024
	// MaxError in bytes, the rest is cut off.
	MaxError = 1024
	// MaxAddresses that are reported of an interface.
	MaxAddresses = 32
)

// Outcome says how podlink's work ended.
type Outcome string

// The outcomes.
const (
	// Ready: the interface is in the pod, up, with its addresses.
	Ready Outcome = "ready"
	// Refused: the interface is not in this pod, or this is not a pod.
	Refused Outcome = "refused"
	// Failed: the interface is in the pod, but its settings are not.
	Failed Outcome = "failed"
)

// Report is one run of podlink.
type Report struct {
	ClaimUID string  `json:"claimUID"`
	Device   string  `json:"device"`
	Outcome  Outcome `json:"outcome"`
	// Error is set unless the outcome is Ready.
	Error     string `json:"error,omitempty"`
	Interface string `json:"interface,omitempty"`
	MAC       string `json:"mac,omitempty"`
	// Addresses that the interface really has, in CIDR form, without
	// link-local ones.
	Addresses []string  `json:"addresses,omitempty"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
}

// Marshal writes the report as JSON, cut to its bounds.
func (r Report) Marshal() ([]byte, error) {
	if len(r.Error) > MaxError {
		r.Error = strings.ToValidUTF8(r.Error[:MaxError], "")
	}
	if len(r.Addresses) > MaxAddresses {
		r.Addresses = r.Addresses[:MaxAddresses]
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("report has %d bytes, at most %d are allowed", len(b), MaxSize)
	}
	return b, nil
}

// Parse reads a report and checks it. Unknown fields are errors.
func Parse(data []byte) (Report, error) {
	var r Report
	if len(data) > MaxSize {
		return r, fmt.Errorf("report has %d bytes, at most %d are allowed", len(data), MaxSize)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("report: %w", err)
	}
	if err := r.validate(); err != nil {
		return r, fmt.Errorf("report: %w", err)
	}
	return r, nil
}
