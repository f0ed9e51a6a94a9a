package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := errors.Join(w.Send(Script, []byte("true")), w.Send(EOF, nil)); err != nil {
		t.Fatal(err)
	}
	kind, payload, err := Read(&b)
	if err != nil || kind != Script || string(payload) != "true" {
		t.Errorf("got %d %q %v", kind, payload, err)
	}
	kind, payload, err = Read(&b)
	if err != nil || kind != EOF || len(payload) != 0 {
		t.Errorf("got %d %q %v", kind, payload, err)
	}
	if _, _, err := Read(&b); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestStreamSplitsWhatIsLong(t *testing.T) {
	var b bytes.Buffer
	long := bytes.Repeat([]byte("x"), maxFrame+10)
	if n, err := NewWriter(&b).Stream(Stdout).Write(long); n != len(long) || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	for _, want := range []int{maxFrame, 10} {
		if kind, payload, err := Read(&b); err != nil || kind != Stdout || len(payload) != want {
			t.Errorf("frame of kind %d with %d bytes, %v; want %d bytes", kind, len(payload), err, want)
		}
	}
}

func TestBounds(t *testing.T) {
	if err := NewWriter(io.Discard).Send(Stdin, make([]byte, maxFrame+1)); err == nil {
		t.Error("a frame that is too long was sent")
	}
	if _, _, err := Read(bytes.NewReader([]byte{1, 0xff, 0xff, 0xff, 0xff})); err == nil {
		t.Error("a frame that is too long was read")
	}
	if _, _, err := Read(bytes.NewReader([]byte{1, 0, 0, 0, 9, 'x'})); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame cut short: %v", err)
	}
}
