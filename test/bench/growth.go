package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// growth is how cost grows.
type growth struct {
	sizes  []size
	crowds []crowd
}

// size is ours with so many pods: CPU in milliseconds for one request, memory in MiB after a start, its time in milliseconds.
type size struct {
	pods                           int
	get, page, label, gzip, create float64
	resident, anonymous, start     float64
}

// crowd is ours with so many watchers of an object that changes a hundred times a second.
type crowd struct {
	watchers int
	// micros is the CPU for one delivered event, its share of the write included; latency is the median in milliseconds.
	micros, latency, resident float64
	remark                    string
}

// tables are those of what was measured, in Markdown.
func (g growth) tables() []string {
	var tables []string
	if len(g.sizes) > 0 {
		var out strings.Builder
		out.WriteString("| pods | GET, ms | page of 500, ms | 2 % by label, ms | LIST gzip, ms | create, ms | after a start, MiB (anonymous) | start, ms |\n")
		out.WriteString("|---|---|---|---|---|---|---|---|\n")
		for _, s := range g.sizes {
			writeRow(&out, []string{
				grouped(s.pods), number(s.get), number(s.page), number(s.label), number(s.gzip), number(s.create),
				fmt.Sprintf("%s (%s)", number(s.resident), number(s.anonymous)), number(s.start),
			})
		}
		tables = append(tables, out.String())
	}
	if len(g.crowds) > 0 {
		var out strings.Builder
		out.WriteString("| watchers | CPU per delivery, us | median latency, ms | resident, MiB | |\n|---|---|---|---|---|\n")
		for _, c := range g.crowds {
			writeRow(&out, []string{grouped(c.watchers), number(c.micros), number(c.latency), number(c.resident), c.remark})
		}
		tables = append(tables, out.String())
	}
	return tables
}

// plot is the picture of it.
func (g growth) plot() string {
	reads := panel{title: "CPU of one request", unit: "ms", axis: "pods in the store", log: true}
	memory := panel{title: "Memory after a start", unit: "MiB", axis: "pods in the store", log: true}
	get, page, label, gzip := series{name: "GET"}, series{name: "page of 500"}, series{name: "2 % by label"}, series{name: "LIST, gzip"}
	resident, anonymous := series{name: "resident"}, series{name: "anonymous"}
	for _, s := range g.sizes {
		at := float64(s.pods)
		get.add(at, s.get)
		page.add(at, s.page)
		label.add(at, s.label)
		gzip.add(at, s.gzip)
		resident.add(at, s.resident)
		anonymous.add(at, s.anonymous)
	}
	reads.series, memory.series = []series{get, page, label, gzip}, []series{resident, anonymous}
	delivery := panel{title: "CPU of one delivered watch event", unit: "us", axis: "watchers of one object"}
	watched := panel{title: "Memory while they watch", unit: "MiB", axis: "watchers of one object"}
	cost, held := series{name: "event"}, series{name: "resident"}
	for _, c := range g.crowds {
		cost.add(float64(c.watchers), c.micros)
		held.add(float64(c.watchers), c.resident)
	}
	delivery.series, watched.series = []series{cost}, []series{held}
	return picture("How cost grows with pods and with watchers", []panel{reads, memory, delivery, watched})
}

// draw writes the picture: into the documentation if the sizes are those that it speaks of, and where results are wanted.
func (g growth) draw(out string) error {
	if len(g.sizes) == 0 || len(g.crowds) == 0 {
		return nil
	}
	if g.sizes[0].pods == fullSize/5 {
		if err := writeFile(filepath.Join("..", "..", "docs"), "growth.svg", g.plot()); err != nil {
			return err
		}
	}
	if out == "" {
		return nil
	}
	return writeFile(out, "growth.svg", g.plot())
}

func writeFile(dir, name, content string) error {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}
