// Package image writes container images without a container engine: as archives
// that "ctr images import" and "docker load" take. The product's images are
// described once, in their Dockerfiles; this package reads the final stage and
// makes the same image from binaries that were built outside.
//
// An image written twice from the same input is the same to the byte.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/distribution/reference"

	"github.com/hawser-dra/hawser/test/filetree"
)

// Config is how a container of the image runs, in the words of the image
// specification.
type Config struct {
	User       string            `json:"User,omitempty"`
	Env        []string          `json:"Env,omitempty"`
	Entrypoint []string          `json:"Entrypoint,omitempty"`
	Cmd        []string          `json:"Cmd,omitempty"`
	WorkingDir string            `json:"WorkingDir,omitempty"`
	Labels     map[string]string `json:"Labels,omitempty"`
}

// Image is what an archive holds: one layer and how to run it.
type Image struct {
	Config Config
	Files  *filetree.Tree
}

// document is the image's configuration file.
type document struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       Config `json:"config"`
	RootFS       struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

// manifest is the archive's table of contents, one element an image.
type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

const layerFile = "layer.tar"

// WriteFile writes the image as an archive, under a name such as
// "hawser/driver:v0.1.0".
func (i Image) WriteFile(path, name string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the image %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := i.Write(f, name); err != nil {
		return fmt.Errorf("write the image %s: %w", name, err)
	}
	return nil
}

// Write writes the archive to w.
func (i Image) Write(w io.Writer, name string) error {
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return err
	}
	var layer bytes.Buffer
	if err := i.Files.WriteTar(&layer); err != nil {
		return err
	}
	d := document{Architecture: runtime.GOARCH, OS: "linux", Config: i.Config}
	d.RootFS.Type, d.RootFS.DiffIDs = "layers", []string{"sha256:" + digest(layer.Bytes())}
	config, err := json.Marshal(d)
	if err != nil {
		return err
	}
	configFile := digest(config) + ".json"
	contents, err := json.Marshal([]manifest{{Config: configFile, RepoTags: []string{ref.String()}, Layers: []string{layerFile}}})
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	for _, f := range []struct {
		name    string
		content []byte
	}{{"manifest.json", contents}, {configFile, config}, {layerFile, layer.Bytes()}} {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: int64(len(f.content)), ModTime: time.Unix(0, 0)}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := tw.Write(f.content); err != nil {
			return err
		}
	}
	return tw.Close()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
