package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-dra/hawser/test/filetree"
)

// file is a member of an archive.
type file struct {
	header  *tar.Header
	content string
}

func members(t *testing.T, r io.Reader) map[string]file {
	t.Helper()
	all := map[string]file{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		all[h.Name] = file{h, string(content)}
	}
}

// layer is the content of the image's only layer.
func layer(t *testing.T, i Image) map[string]file {
	t.Helper()
	return members(t, bytes.NewBufferString(members(t, archive(t, i))[layerFile].content))
}

func archive(t *testing.T, i Image) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	if err := i.Write(&b, "hawser/test:v1"); err != nil {
		t.Fatal(err)
	}
	return &b
}

func small() Image {
	tree := &filetree.Tree{}
	tree.Text("/etc/motd", 0o644, "hello\n")
	return Image{Config: Config{Entrypoint: []string{"/bin/true"}}, Files: tree}
}

func TestArchive(t *testing.T) {
	all := members(t, archive(t, small()))
	var contents []manifest
	if err := json.Unmarshal([]byte(all["manifest.json"].content), &contents); err != nil {
		t.Fatal(err)
	}
	if len(contents) != 1 || contents[0].RepoTags[0] != "docker.io/hawser/test:v1" {
		t.Fatalf("manifest %+v, want the name as a runtime resolves it", contents)
	}
	config := all[contents[0].Config].content
	if want := digest([]byte(config)) + ".json"; contents[0].Config != want {
		t.Errorf("config file %s, want %s", contents[0].Config, want)
	}
	var d document
	if err := json.Unmarshal([]byte(config), &d); err != nil {
		t.Fatal(err)
	}
	if want := "sha256:" + digest([]byte(all[layerFile].content)); len(d.RootFS.DiffIDs) != 1 || d.RootFS.DiffIDs[0] != want {
		t.Errorf("layers %v, want %s", d.RootFS.DiffIDs, want)
	}
	if d.OS != "linux" || d.Config.Entrypoint[0] != "/bin/true" {
		t.Errorf("config %+v", d)
	}
}

func TestReproducible(t *testing.T) {
	if !bytes.Equal(archive(t, small()).Bytes(), archive(t, small()).Bytes()) {
		t.Error("the same image twice gave different archives")
	}
}

func TestIdentify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := small().WriteFile(path, "hawser/test:v1"); err != nil {
		t.Fatal(err)
	}
	first, err := Identify(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.Name != "docker.io/hawser/test:v1" || len(first.ID) != 64 {
		t.Errorf("got %+v", first)
	}
	changed := small()
	changed.Files.Text("/etc/motd", 0o644, "good-bye\n")
	if err := changed.WriteFile(path, "hawser/test:v1"); err != nil {
		t.Fatal(err)
	}
	second, err := Identify(path)
	if err != nil {
		t.Fatal(err)
	}
	if second.ID == first.ID {
		t.Error("another content, the same identity")
	}
}

func TestIdentifyRefusesWhatIsNoImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no.tar")
	var b bytes.Buffer
	if err := small().Files.WriteTar(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Identify(path); err == nil {
		t.Error("no error")
	}
}

func TestWrongName(t *testing.T) {
	if err := small().Write(io.Discard, "Not A Name"); err == nil {
		t.Error("no error")
	}
}
