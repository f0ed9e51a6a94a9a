package report

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// Lengths of the plot, in pixels.
const (
	margin    = 24
	letter    = 7.5 // at most, in the mean of a name
	barsWide  = 480
	valueWide = 230 // to the right of the bars
	rowHigh   = 28
	barHigh   = 14
)

const style = `
.back{fill:#ffffff}.ink{fill:#1f2328}.faint{fill:#59636e}.floor{fill:#b1bac4}.own{fill:#0969da}.bad{fill:#cf222e}
.grid{stroke:#d1d9e0}.whisker{stroke:#59636e;fill:none}.void{opacity:.55}.strong{font-weight:600}.small{font-size:12px}
@media (prefers-color-scheme:dark){
.back{fill:#0d1117}.ink{fill:#f0f6fc}.faint{fill:#a2adb9}.floor{fill:#59636e}.own{fill:#4493f8}.bad{fill:#ff7b72}
.grid{stroke:#3d444d}.whisker{stroke:#a2adb9}}
`

// SVG draws each row that has a floor: as a bar up to its median, of which one
// part is the floor, with whiskers to p90 and p99. It keeps to the colours, light
// or dark, that the reader prefers.
func (r Report) SVG() []byte {
	p := plot{left: margin + int(letter*float64(r.longestName())), y: margin}
	p.header(r)
	for _, place := range r.Places {
		p.place(place)
	}
	wide, high := p.left+barsWide+valueWide, p.y+margin
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="14">
<title id="title">%s</title>
<desc id="desc">%s</desc>
<style>%s</style>
<rect class="back" width="%d" height="%d" rx="12"/>
%s</svg>
`, wide, high, wide, high, html.EscapeString(r.headline()), html.EscapeString(r.described()), style, wide, high, p.drawn.String())
}

// plot is drawn from above, down to y.
type plot struct {
	drawn strings.Builder
	left  int // where the bars begin
	y     int
}

func (p *plot) put(format string, args ...any) { fmt.Fprintf(&p.drawn, format+"\n", args...) }

func (p *plot) words(x, y int, anchor, class, text string) {
	p.put(`<text x="%d" y="%d" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, html.EscapeString(text))
}

func (p *plot) header(r Report) {
	p.words(margin, p.y+14, "start", "ink strong", r.headline())
	p.y += 30
	x, middle := margin, p.y+barHigh/2
	for _, part := range []struct{ class, text string }{{"floor", "the floor"}, {"own", "Hawser, at the median"}} {
		p.put(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, part.class, x, p.y, barHigh, barHigh)
		p.words(x+barHigh+8, p.y+12, "start", "faint", part.text)
		x += barHigh + 32 + int(letter*float64(len(part.text)))
	}
	p.whisker(float64(x), float64(x+20), float64(x+44), middle)
	p.words(x+54, p.y+12, "start", "faint", "p90, p99")
	p.y += barHigh + 12
}

func (p *plot) place(place Place) {
	title := place.Name
	for _, g := range place.Groups {
		rows := g.plotted()
		if len(rows) == 0 {
			continue
		}
		if title != "" {
			p.y += 30
			p.words(margin, p.y, "start", "ink strong", title)
			p.words(p.left, p.y, "start", "faint small", place.machine())
			title = ""
		}
		p.group(g, rows)
	}
}

func (p *plot) group(g Group, rows []Row) {
	p.y += 30
	p.words(p.left, p.y, "start", "ink strong", g.Name)
	if g.Void() {
		p.words(p.left+barsWide, p.y, "end", "bad", "void: the floor drifted by "+formatShare(g.Drift))
		p.put(`<g class="void">`)
		defer p.put(`</g>`)
	}
	p.y += 10
	s := scaleOf(rows)
	p.axis(s, len(rows)*rowHigh)
	for _, r := range rows {
		p.row(s, r)
		p.y += rowHigh
	}
	p.y += 18
}

// axis draws the ticks behind bars of that height, and their labels below.
func (p *plot) axis(s scale, high int) {
	for tick := time.Duration(0); tick <= s.limit; tick += s.step {
		x := int(p.at(s, tick))
		p.put(`<line class="grid" x1="%d" y1="%d" x2="%d" y2="%d"/>`, x, p.y, x, p.y+high)
		p.words(x, p.y+high+16, "middle", "faint small", s.label(tick))
	}
}

func (p *plot) at(s scale, d time.Duration) float64 {
	return float64(p.left) + barsWide*s.share(d)
}

func (p *plot) row(s scale, r Row) {
	p.put(`<g><title>%s</title>`, html.EscapeString(r.described()))
	top, middle := p.y+(rowHigh-barHigh)/2, p.y+rowHigh/2
	p.words(p.left-10, middle+5, "end", "ink", r.Name)
	floor, median := p.at(s, min(r.Floor, r.P50)), p.at(s, r.P50)
	p.bar("floor", float64(p.left), floor, top)
	p.bar("own", floor, median, top)
	p.whisker(median, p.at(s, r.P90), p.at(s, r.P99), middle)
	value := formatTime(r.P50)
	if r.P99 > s.limit {
		p.put(`<path class="whisker" stroke-width="1.5" d="M%d %dl6 5-6 5"/>`, p.left+barsWide, middle-5)
		value += ", p99 " + formatTime(r.P99)
	} else {
		p.cap(p.at(s, r.P99), middle)
	}
	p.words(p.left+barsWide+16, middle+5, "start", "ink strong", "×"+formatRatio(r))
	p.words(p.left+barsWide+72, middle+5, "start", "faint small", value)
	p.put(`</g>`)
}

func (p *plot) bar(class string, from, to float64, top int) {
	p.put(`<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d"/>`, class, from, top, to-from, barHigh)
}

// whisker is thick to p90 and thin to p99.
func (p *plot) whisker(from, p90, p99 float64, y int) {
	p.put(`<path class="whisker" stroke-width="4" d="M%.1f %dH%.1f"/>`, from, y, p90)
	p.put(`<path class="whisker" stroke-width="1.5" d="M%.1f %dH%.1f"/>`, p90, y, p99)
}

// cap ends a whisker that is drawn in full.
func (p *plot) cap(x float64, y int) {
	p.put(`<path class="whisker" stroke-width="1.5" d="M%.1f %dv8"/>`, x, y-4)
}
