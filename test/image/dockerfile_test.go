package image

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// binaries is a directory with the build stage's output.
func binaries(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"dra-driver", "podlink"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("binary "+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFromDockerfile(t *testing.T) {
	i, err := FromDockerfile("testdata/Dockerfile", binaries(t), map[string]string{"VERSION": "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		User:       "0:0",
		Env:        []string{"HAWSER_MODE=test", "PATH=/"},
		Entrypoint: []string{"/dra-driver"},
		Cmd:        []string{"--help"},
		Labels: map[string]string{
			"org.opencontainers.image.title":   "hawser driver",
			"org.opencontainers.image.version": "v1.2.3",
		},
	}
	if !reflect.DeepEqual(i.Config, want) {
		t.Errorf("config\n got %+v\nwant %+v", i.Config, want)
	}
	got := layer(t, i)
	for name, content := range map[string]string{
		"dra-driver":         "binary dra-driver",
		"opt/bin/podlink":    "binary podlink",
		"opt/bin/dra-driver": "binary dra-driver",
	} {
		if f := got[name]; f.content != content || f.header.Mode != 0o755 {
			t.Errorf("%s: mode %o, content %q", name, f.header.Mode, f.content)
		}
	}
}

func TestArgDefault(t *testing.T) {
	i, err := FromDockerfile("testdata/Dockerfile", binaries(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := i.Config.Labels["org.opencontainers.image.version"]; v != "dev" {
		t.Errorf("version %q, want the ARG's default", v)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, reason string }{
		"a base image":     {"FROM debian\n", "only scratch"},
		"a RUN":            {"FROM scratch\nRUN true\n", "line 2: RUN needs a container engine"},
		"the context":      {"FROM scratch\nCOPY LICENSE /\n", "without --from"},
		"another folder":   {"FROM scratch\nCOPY --from=build /src/x /x\n", "/out/"},
		"a folder above":   {"FROM scratch\nCOPY --from=build /out/../etc/passwd /x\n", "/out/"},
		"a missing binary": {"FROM scratch\nCOPY --from=build /out/nothing /x\n", "no such file"},
		"what is none":     {"FORM scratch\n", "unknown instruction"},
		"an empty one":     {"", "no "},
		"a volume":         {"FROM scratch\nVOLUME /data\n", "VOLUME needs a container engine"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromDockerfile([]byte(c.file), binaries(t), nil)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, want an error with %q", err, c.reason)
			}
		})
	}
}
