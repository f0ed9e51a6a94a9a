package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// backportsFile is the source list that useBackports adds to the machine.
const backportsFile = "/etc/apt/sources.list.d/hawser-backports.sources"

// useBackports makes the release's backports suite known to apt, unless it is,
// and returns its name.
func (t *Toolchain) useBackports(ctx context.Context) (string, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", fmt.Errorf("find the release's name: %w", err)
	}
	codename := field(string(release), "VERSION_CODENAME=")
	if codename == "" {
		return "", errors.New("/etc/os-release names no VERSION_CODENAME: cannot tell the backports suite")
	}
	sources, err := readSources(os.DirFS("/etc/apt"))
	if err != nil {
		return "", err
	}
	stanza, err := backports(sources, codename)
	if err != nil || stanza == "" {
		return codename + "-backports", err
	}
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("as root, create %s with this content:\n%s", backportsFile, stanza)
	}
	t.Logf("adding the suite %s-backports to apt, as %s", codename, backportsFile)
	if err := os.WriteFile(backportsFile, []byte(stanza), 0o644); err != nil {
		return "", fmt.Errorf("add the backports suite: %w", err)
	}
	return codename + "-backports", t.refresh(ctx)
}

// backports derives the backports suite's stanza from the source that the
// release itself comes from: same places, same keys. It returns nothing where
// some source has the suite already.
func backports(sources []source, codename string) (string, error) {
	suite := codename + "-backports"
	has := func(suite string) func(source) bool {
		return func(s source) bool {
			return slices.Contains(s.suites, suite) && slices.Contains(s.components, "main")
		}
	}
	if slices.ContainsFunc(sources, has(suite)) {
		return "", nil
	}
	i := slices.IndexFunc(sources, has(codename))
	if i < 0 {
		return "", fmt.Errorf("no source of apt has the suite %s with the component main", codename)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n", strings.Join(sources[i].uris, " "), suite)
	if sources[i].signedBy != "" {
		fmt.Fprintf(&b, "Signed-By: %s\n", sources[i].signedBy)
	}
	return b.String(), nil
}

// field is the value of the line that begins with prefix, without quotes.
func field(text, prefix string) string {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}
