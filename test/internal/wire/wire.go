// Package wire is the format in which a script and its input go to the agent in
// the virtual machine, and its output and exit code come back: frames of a kind,
// a length and that many bytes, over one connection.
package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Kind tells what a frame's bytes are.
type Kind byte

// The kinds, with who sends them.
const (
	Script Kind = iota + 1 // to the agent, first: a shell script
	Stdin                  // to the agent: input for the script
	EOF                    // to the agent: the input's end
	Stdout                 // from the agent
	Stderr                 // from the agent
	Exit                   // from the agent, last: the exit code, in decimal
)

// maxFrame bounds a frame's length, so that bytes which are no frame do not make
// the reader allocate at random.
const maxFrame = 1 << 20

// Writer writes frames, from any goroutine.
type Writer struct {
	mu sync.Mutex
	w  io.Writer
}

// NewWriter writes to w, one Write call a frame.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w}
}

// Send writes one frame.
func (w *Writer) Send(kind Kind, payload []byte) error {
	if len(payload) > maxFrame {
		return fmt.Errorf("frame of %d bytes, at most %d are allowed", len(payload), maxFrame)
	}
	frame := append([]byte{byte(kind)}, binary.BigEndian.AppendUint32(nil, uint32(len(payload)))...)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(append(frame, payload...))
	return err
}

// Stream is an io.Writer whose bytes become frames of one kind.
func (w *Writer) Stream(kind Kind) io.Writer {
	return stream{w, kind}
}

type stream struct {
	w    *Writer
	kind Kind
}

func (s stream) Write(p []byte) (int, error) {
	for sent := 0; sent < len(p); {
		n := min(len(p)-sent, maxFrame)
		if err := s.w.Send(s.kind, p[sent:sent+n]); err != nil {
			return sent, err
		}
		sent += n
	}
	return len(p), nil
}

// Read reads one frame.
func Read(r io.Reader) (Kind, []byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(header[1:])
	if size > maxFrame {
		return 0, nil, fmt.Errorf("frame of %d bytes, at most %d are allowed", size, maxFrame)
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, fmt.Errorf("frame cut short: %w", err)
	}
	return Kind(header[0]), payload, nil
}
