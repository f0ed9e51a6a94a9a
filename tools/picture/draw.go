package main

import (
	"fmt"
	"html"
	"strings"
)

// colours of one tone.
type colours struct{ fill, line string }

type theme struct {
	back, ink, faint string
	frame            colours
	tones            map[tone]colours
}

var themes = map[string]theme{
	"light": {
		back: "#ffffff", ink: "#1f2328", faint: "#59636e", frame: colours{"#f6f8fa", "#d1d9e0"},
		tones: map[tone]colours{
			plain: {"#ffffff", "#818b98"}, kubernetes: {"#eef2ff", "#4f56d6"}, driver: {"#e6f7ef", "#0f8a5f"},
			netagent: {"#fff1e5", "#c4500b"}, pod: {"#e7f3ff", "#0969da"}, link: {"#ffe9f4", "#bf2a76"},
		},
	},
	"dark": {
		back: "#0d1117", ink: "#f0f6fc", faint: "#a2adb9", frame: colours{"#151b23", "#3d444d"},
		tones: map[tone]colours{
			plain: {"#0d1117", "#9198a1"}, kubernetes: {"#1b1e3f", "#9aa2ff"}, driver: {"#0e2b21", "#3fc98f"},
			netagent: {"#33200f", "#fb9a4b"}, pod: {"#10263f", "#6cb2ff"}, link: {"#3b1830", "#ff8ac4"},
		},
	},
}

const (
	lineHeight = 19
	title      = `Hawser: the driver speaks with Kubernetes and the container runtime, netagent with the kernel, and a link goes from a claim into a pod`
)

func draw(t theme) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="14">`, width, height, width, height)
	p(`<title>%s</title>`, title)
	p(`<rect width="%d" height="%d" rx="12" fill="%s"/>`, width, height, t.back)
	for i := plain; i <= link; i++ {
		p(`<marker id="head%d" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="%s"/></marker>`, i, t.tones[i].line)
	}
	for _, x := range boxes {
		p("%s", x.draw(t))
	}
	for _, a := range arrows {
		p("%s", a.draw(t))
	}
	p(`</svg>`)
	return b.String()
}

func (x box) draw(t theme) string {
	if x.frame {
		return fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="12" fill="%s" stroke="%s"/>`, x.x, x.y, x.w, x.h, t.frame.fill, t.frame.line) +
			words(x.x+x.w-14, x.y+22, "end", t.faint, "", x.lines)
	}
	c := t.tones[x.tone]
	top := x.y + 26
	if len(x.lines) == 1 && x.h < 80 {
		top = x.y + x.h/2 + 5
	}
	return fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s" stroke-width="1.5"/>`, x.x, x.y, x.w, x.h, c.fill, c.line) +
		words(x.x+x.w/2, top, "middle", t.ink, ` font-weight="600"`, x.lines[:1]) +
		words(x.x+x.w/2, top+lineHeight+4, "middle", t.faint, "", x.lines[1:])
}

func (a arrow) draw(t theme) string {
	c := t.tones[a.tone]
	var path strings.Builder
	for i, q := range a.path {
		fmt.Fprintf(&path, "%c%d %d", "ML"[min(i, 1)], q.x, q.y)
	}
	start := ""
	if a.both {
		start = fmt.Sprintf(` marker-start="url(#head%d)"`, a.tone)
	}
	s := fmt.Sprintf(`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"%s marker-end="url(#head%d)"/>`, path.String(), c.line, start, a.tone)
	x := a.at.x
	if a.step != "" {
		s += fmt.Sprintf(`<circle cx="%d" cy="%d" r="10" fill="%s"/>`, x, a.at.y, c.line) +
			words(x, a.at.y+5, "middle", t.back, ` font-weight="700" font-size="13"`, []string{a.step})
		x += 16
	}
	return s + words(x, a.at.y+5, "start", t.ink, "", a.words)
}

// words writes lines from y on, the base of the first one.
func words(x, y int, anchor, colour, more string, lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if line != "" {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="%s" fill="%s"%s>%s</text>`, x, y+i*lineHeight, anchor, colour, more, html.EscapeString(line))
		}
	}
	return b.String()
}
