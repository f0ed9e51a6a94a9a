package report

import (
	"fmt"
	"strings"
)

// Marks between which a document has a report.
const (
	embedFrom = "<!-- from here on by make bench-publish -->\n"
	embedTo   = "<!-- to here -->\n"
)

// Embed returns the document with this report in place of the one that it has
// between its marks, with headings two levels lower.
func (r Report) Embed(document string) (string, error) {
	before, rest, ok := strings.Cut(document, embedFrom)
	_, after, ends := strings.Cut(rest, embedTo)
	if !ok || !ends {
		return "", fmt.Errorf("the document has no %q with a %q after it", strings.TrimSpace(embedFrom), strings.TrimSpace(embedTo))
	}
	var lowered strings.Builder
	for line := range strings.Lines(r.Markdown()) {
		if strings.HasPrefix(line, "#") {
			lowered.WriteString("##")
		}
		lowered.WriteString(line)
	}
	return before + embedFrom + "\n" + strings.TrimSpace(lowered.String()) + "\n\n" + embedTo + after, nil
}
