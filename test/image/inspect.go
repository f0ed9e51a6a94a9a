package image

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Identity is what an archive's image is called and what tells it from others.
type Identity struct {
	Name string // fully qualified: "docker.io/hawser/driver:v0.1.0"
	ID   string // the digest of its configuration, and so of all that is in it
}

// Identify reads it from an archive of one image.
func Identify(path string) (Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return Identity{}, fmt.Errorf("read an image: %w", err)
	}
	defer func() { _ = f.Close() }()
	tr := tar.NewReader(f)
	for {
		switch h, err := tr.Next(); {
		case errors.Is(err, io.EOF):
			return Identity{}, fmt.Errorf("read the image %s: no manifest.json in it", path)
		case err != nil:
			return Identity{}, fmt.Errorf("read the image %s: %w", path, err)
		case h.Name != "manifest.json":
			continue
		}
		id, err := identity(tr)
		if err != nil {
			return Identity{}, fmt.Errorf("read the image %s: manifest.json: %w", path, err)
		}
		return id, nil
	}
}

func identity(r io.Reader) (Identity, error) {
	var contents []manifest
	if err := json.NewDecoder(r).Decode(&contents); err != nil {
		return Identity{}, err
	}
	if len(contents) != 1 || len(contents[0].RepoTags) != 1 {
		return Identity{}, errors.New("want one image with one name")
	}
	m := contents[0]
	return Identity{Name: m.RepoTags[0], ID: strings.TrimSuffix(m.Config, ".json")}, nil
}
