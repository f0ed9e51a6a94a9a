package toolchain

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// source is one line of a .list file, or one stanza of a .sources file, as far
// as deriving another suite needs it.
type source struct {
	uris, suites, components []string
	signedBy                 string // file name or key block, as it stands
}

// readSources reads all of apt's source lists, of both formats.
func readSources(etc fs.FS) ([]source, error) {
	var all []source
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		files, err := fs.Glob(etc, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			text, err := fs.ReadFile(etc, name)
			if err != nil {
				return nil, fmt.Errorf("read apt's sources: %w", err)
			}
			if path.Ext(name) == ".sources" {
				all = append(all, parseStanzas(string(text))...)
			} else {
				all = append(all, parseLines(string(text))...)
			}
		}
	}
	return all, nil
}

// parseLines reads the one-line format: deb [option=value ...] URI suite component ...
func parseLines(text string) []source {
	var all []source
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		var s source
		if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "[") {
			options, after, _ := strings.Cut(rest[1:], "]")
			for _, o := range strings.Fields(options) {
				if v, ok := strings.CutPrefix(o, "signed-by="); ok {
					s.signedBy = v
				}
			}
			rest = after
		}
		if f := strings.Fields(rest); len(f) >= 3 {
			s.uris, s.suites, s.components = f[:1], f[1:2], f[2:]
			all = append(all, s)
		}
	}
	return all
}

// parseStanzas reads the deb822 format: "Field: value" lines, continued by
// lines that begin with a space, stanzas parted by empty lines.
func parseStanzas(text string) []source {
	var all []source
	fields := map[string]string{}
	end := func() {
		if slices.Contains(strings.Fields(fields["types"]), "deb") && !strings.EqualFold(fields["enabled"], "no") {
			all = append(all, source{
				uris:       strings.Fields(fields["uris"]),
				suites:     strings.Fields(fields["suites"]),
				components: strings.Fields(fields["components"]),
				signedBy:   fields["signed-by"],
			})
		}
		clear(fields)
	}
	name := ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \t\r")
		switch {
		case line == "":
			end()
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			fields[name] += "\n" + line
		default:
			key, value, _ := strings.Cut(line, ":")
			name = strings.ToLower(key)
			fields[name] = strings.TrimSpace(value)
		}
	}
	end()
	return all
}
