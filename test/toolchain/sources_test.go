package toolchain

import (
	"strings"
	"testing"
	"testing/fstest"
)

const stanzas = `# what the installer wrote
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/example.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
`

const lines = `# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/example.asc] http://mirror.example/debian bookworm main contrib # comment
deb http://mirror.example/security bookworm-security main
`

const derived = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm-backports
Components: main
`

func TestBackports(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"deb822": {
			map[string]string{"sources.list.d/debian.sources": stanzas},
			derived + "Signed-By: /usr/share/keyrings/example.gpg\n",
		},
		"one-line": {
			map[string]string{"sources.list": lines},
			derived + "Signed-By: /etc/apt/keyrings/example.asc\n",
		},
		"one-line in the folder, without a key": {
			map[string]string{"sources.list.d/debian.list": "deb http://mirror.example/debian bookworm main\n"},
			derived,
		},
		"a key block": {
			map[string]string{"sources.list.d/debian.sources": "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n" +
				"Components: main\nSigned-By:\n -----BEGIN\n .\n abc\n"},
			derived + "Signed-By: \n -----BEGIN\n .\n abc\n",
		},
		"there already": {
			map[string]string{
				"sources.list":                     lines,
				"sources.list.d/backports.sources": derived,
			},
			"",
		},
		"there, but switched off": {
			map[string]string{
				"sources.list.d/debian.sources":    stanzas,
				"sources.list.d/backports.sources": "Enabled: no\n" + derived,
			},
			derived + "Signed-By: /usr/share/keyrings/example.gpg\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			etc := fstest.MapFS{}
			for file, text := range c.files {
				etc[file] = &fstest.MapFile{Data: []byte(text)}
			}
			sources, err := readSources(etc)
			if err != nil {
				t.Fatal(err)
			}
			got, err := backports(sources, "bookworm")
			if err != nil || got != c.want {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestBackportsOfAnotherDistribution(t *testing.T) {
	_, err := backports(parseLines("deb http://mirror.example/ubuntu noble main\n"), "bookworm")
	if err == nil || !strings.Contains(err.Error(), "bookworm") {
		t.Errorf("got %v, want an error that names the suite", err)
	}
}

func TestField(t *testing.T) {
	if got := field("NAME=x\nVERSION_CODENAME=\"trixie\"\n", "VERSION_CODENAME="); got != "trixie" {
		t.Errorf("got %q", got)
	}
}
