package bench

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
)

// panel is one diagram: lines over a logarithmic horizontal axis.
type panel struct {
	title, unit string
	// axis says what is counted along the horizontal axis.
	axis string
	// log makes the vertical axis logarithmic; otherwise it begins at zero.
	log    bool
	series []series
}

// series is one line.
type series struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

func (s *series) add(x, y float64) { s.points = append(s.points, point{x, y}) }

// The measures of a panel, in pixels. Lines are named at their right ends, which need room.
const (
	panelWidth, panelHeight = 450, 300
	plotLeft, plotRight     = 62, 312
	plotTop, plotBottom     = 48, 242
	lineOfText              = 15
)

// style has the colours for light and dark surroundings. The ground is drawn as well, so that the picture can be read where
// the two disagree.
const style = `text{font:12px system-ui,sans-serif}.b{fill:#fff}.t{fill:#1f2328;font-weight:600;font-size:14px}.s{fill:#59636e}
.g{stroke:#d8dee4}.a{stroke:#818b98}.l{fill:none;stroke-width:2}
.l0{stroke:#0969b2}.l1{stroke:#c2500a}.l2{stroke:#0f7f5c}.l3{stroke:#9a4693}.f0{fill:#0969b2}.f1{fill:#c2500a}.f2{fill:#0f7f5c}.f3{fill:#9a4693}
@media(prefers-color-scheme:dark){.b{fill:#0d1117}.t{fill:#e6edf3}.s{fill:#9198a1}.g{stroke:#2a313a}.a{stroke:#656c76}
.l0{stroke:#5cb3f5}.l1{stroke:#f0a35e}.l2{stroke:#4fd1a5}.l3{stroke:#e29adf}.f0{fill:#5cb3f5}.f1{fill:#f0a35e}.f2{fill:#4fd1a5}.f3{fill:#e29adf}}`

// picture is an SVG of panels, two in a line.
func picture(title string, panels []panel) string {
	width, height := 2*panelWidth, (len(panels)+1)/2*panelHeight
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="title">`+"\n", width, height)
	fmt.Fprintf(&out, "<title id=\"title\">%s</title>\n<style>%s</style>\n", html.EscapeString(title), style)
	fmt.Fprintf(&out, `<rect class="b" width="%d" height="%d"/>`+"\n", width, height)
	for i, p := range panels {
		fmt.Fprintf(&out, `<g transform="translate(%d %d)">`+"\n", i%2*panelWidth, i/2*panelHeight)
		p.draw(&out)
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func (p panel) draw(out *strings.Builder) {
	var xs, ys []float64
	for _, s := range p.series {
		for _, at := range s.points {
			xs, ys = append(xs, at.x), append(ys, at.y)
		}
	}
	if len(xs) == 0 {
		return
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	across := scale{from: xs[0], to: xs[len(xs)-1], log: true, begin: plotLeft + 14, end: plotRight - 8}
	up := p.vertical(ys)
	unit := p.unit
	if p.log {
		unit += " (log scale)"
	}
	fmt.Fprintf(out, `<text class="t" x="%d" y="24">%s, %s</text>`+"\n", plotLeft, html.EscapeString(p.title), unit)
	for _, tick := range up.ticks() {
		y := up.at(tick)
		fmt.Fprintf(out, `<path class="g" d="M%d %.1fH%d"/><text class="s" x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft, y, plotRight, plotLeft-8, y+4, tickText(tick))
	}
	fmt.Fprintf(out, `<path class="a" d="M%d %dH%d"/>`+"\n", plotLeft, plotBottom, plotRight)
	for _, x := range xs {
		fmt.Fprintf(out, `<path class="a" d="M%.1f %dv5"/><text class="s" x="%[1]f" y="%[3]d" text-anchor="middle">%[4]s</text>`+"\n", across.at(x), plotBottom, plotBottom+20, grouped(int(x)))
	}
	fmt.Fprintf(out, `<text class="s" x="%d" y="%d" text-anchor="middle">%s (log scale)</text>`+"\n", (plotLeft+plotRight)/2, plotBottom+40, html.EscapeString(p.axis))
	p.lines(out, across, up)
}

// lines draws the series, each with its name and last figure at its end.
func (p panel) lines(out *strings.Builder, across, up scale) {
	ends := make([]float64, len(p.series))
	for i, s := range p.series {
		var path []string
		for _, at := range s.points {
			path = append(path, fmt.Sprintf("%.1f %.1f", across.at(at.x), up.at(at.y)))
		}
		fmt.Fprintf(out, `<path class="l l%d" d="M%s"/>`+"\n", i, strings.Join(path, "L"))
		for _, at := range s.points {
			fmt.Fprintf(out, `<circle class="f%d" cx="%.1f" cy="%.1f" r="3.5"><title>%s: %s %s at %s</title></circle>`+"\n",
				i, across.at(at.x), up.at(at.y), html.EscapeString(s.name), number(at.y), p.unit, grouped(int(at.x)))
		}
		ends[i] = up.at(s.points[len(s.points)-1].y)
	}
	for i, y := range apart(ends, lineOfText) {
		s := p.series[i]
		fmt.Fprintf(out, `<text class="f%d" x="%d" y="%.1f">%s: %s</text>`+"\n", i, plotRight+4, y+4, html.EscapeString(s.name), number(s.points[len(s.points)-1].y))
	}
}

// apart moves positions as far apart as they need to be, about their middle where they crowd, and keeps their order.
func apart(at []float64, distance float64) []float64 {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	moved := slices.Clone(at)
	for range at { // each pass settles at least one more
		for i := 1; i < len(order); i++ {
			above, below := order[i-1], order[i]
			if gap := distance - (moved[below] - moved[above]); gap > 0 {
				moved[above] -= gap / 2
				moved[below] += gap / 2
			}
		}
	}
	// What passes of halves have left over.
	for i := 1; i < len(order); i++ {
		moved[order[i]] = max(moved[order[i]], moved[order[i-1]]+distance)
	}
	return moved
}
