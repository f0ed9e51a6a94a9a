package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPicture: what is checked in is what the scene draws, and a picture.
func TestPicture(t *testing.T) {
	for name, theme := range themes {
		path := filepath.Join("../..", directory, file(name))
		got, err := os.ReadFile(path)
		if err != nil || string(got) != draw(theme) {
			t.Errorf("%s is not what scene.go draws (%v): go run ./tools/picture", path, err)
		}
		d := xml.NewDecoder(strings.NewReader(draw(theme)))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// TestInside: nothing is drawn outside of the picture.
func TestInside(t *testing.T) {
	inside := func(x, y int) bool { return x >= 0 && x <= width && y >= 0 && y <= height }
	for _, b := range boxes {
		if !inside(b.x, b.y) || !inside(b.x+b.w, b.y+b.h) {
			t.Errorf("box %q", b.lines)
		}
	}
	for _, a := range arrows {
		for _, p := range append(a.path, a.at) {
			if !inside(p.x, p.y) {
				t.Errorf("arrow %q", a.words)
			}
		}
	}
}
