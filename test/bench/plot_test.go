package bench

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		log  bool
		ys   []float64
		want string
	}{
		{true, []float64{0.04, 41}, "0.01 0.1 1 10 100"},
		{true, []float64{54, 110, 15}, "10 20 50 100 200"},
		{true, []float64{100, 1000}, "100 200 500 1,000"},
		{true, []float64{1}, "1 2"},
		{false, []float64{11, 86}, "0 20 40 60 80 100"},
		{false, []float64{0.25}, "0 0.05 0.1 0.15 0.2 0.25"},
		{false, []float64{600}, "0 100 200 300 400 500 600"},
	} {
		s := panel{log: c.log}.vertical(c.ys)
		var got []string
		for _, v := range s.ticks() {
			got = append(got, tickText(v))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v: ticks at %s, want %s", c.ys, text, c.want)
		}
		for _, y := range c.ys {
			if at := s.at(y); at < plotTop-0.01 || at > plotBottom+0.01 {
				t.Errorf("%v: %v lies at %v", c.ys, y, at)
			}
		}
	}
}

func TestScale(t *testing.T) {
	s := scale{from: 10, to: 1000, log: true, begin: 0, end: 100}
	for v, want := range map[float64]float64{10: 0, 100: 50, 1000: 100} {
		if got := s.at(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v lies at %v, want %v", v, got, want)
		}
	}
	if got := (scale{from: 5, to: 5, log: true, begin: 0, end: 100}).at(5); got != 50 {
		t.Errorf("the only figure lies at %v", got)
	}
}

func TestApart(t *testing.T) {
	for _, at := range [][]float64{{10}, {10, 100}, {50, 50, 50}, {100, 92, 10, 95}} {
		got := apart(at, 15)
		for i := range at {
			for j := range at {
				if at[i] < at[j] && got[i] > got[j] {
					t.Errorf("%v: the order is lost in %v", at, got)
				}
			}
		}
		slices.Sort(got)
		for i := 1; i < len(got); i++ {
			if got[i]-got[i-1] < 15-1e-9 {
				t.Errorf("%v: too close in %v", at, got)
			}
		}
	}
	if got := apart([]float64{10, 100}, 15); got[0] != 10 || got[1] != 100 {
		t.Errorf("moved without need: %v", got)
	}
}

var example = growth{
	sizes: []size{
		{1000, 0.061, 1.33, 0.24, 0.54, 0.3, 61, 19, 54},
		{10000, 0.045, 1.31, 1.78, 2.2, 0.21, 115, 52, 180},
		{100000, 0.058, 1.29, 39, 41, 0.27, 557, 320, 1200},
	},
	crowds: []crowd{{100, 22.7, 1, 126, ""}, {1000, 11.7, 9, 162, ""}, {5000, 12.6, 85, 356, "7 events did not come in time"}},
}

// The picture is well formed, and has every figure.
func TestPlot(t *testing.T) {
	var circles, lines int
	text := map[string]bool{}
	d := xml.NewDecoder(strings.NewReader(example.plot()))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.CharData:
			text[string(e)] = true
		case xml.StartElement:
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s has %s=%s", e.Name.Local, a.Name.Local, a.Value)
				}
				if a.Name.Local == "class" && strings.HasPrefix(a.Value, "l l") {
					lines++
				}
			}
			if e.Name.Local == "circle" {
				circles++
			}
		}
	}
	if circles != 24 || lines != 8 {
		t.Errorf("%d points on %d lines, want 24 on 8", circles, lines)
	}
	for _, want := range []string{"100,000", "5,000", "GET: 0.058", "resident: 557", "2 % by label: 39 ms at 100,000", "CPU of one request, ms (log scale)"} {
		if !text[want] {
			t.Errorf("it does not say %q", want)
		}
	}
}

func TestGrowthTables(t *testing.T) {
	got := example.tables()
	if len(got) != 2 {
		t.Fatalf("%d tables", len(got))
	}
	for i, want := range []string{
		"| 100,000 | 0.058 | 1.29 | 39 | 41 | 0.270 | 557 (320) | 1,200 |\n", "| 5,000 | 12.6 | 85 | 356 | 7 events did not come in time |\n",
	} {
		if !strings.HasSuffix(got[i], want) {
			t.Errorf("it does not end in %s but is\n%s", want, got[i])
		}
	}
	if got := (growth{}).tables(); len(got) > 0 {
		t.Errorf("of nothing it says %q", got)
	}
}

// Only a run of the full size may replace the picture in the documentation.
func TestDraw(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "test", "bench"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(root, "test", "bench"))
	small := growth{sizes: slices.Clone(example.sizes), crowds: example.crowds}
	small.sizes[0].pods = 100
	for i, g := range []growth{{}, small, example} {
		out := t.TempDir()
		if err := g.draw(out); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(exists(filepath.Join(out, "growth.svg")), exists(filepath.Join(root, "docs", "growth.svg")))
		if want := []string{"false false", "true false", "true true"}[i]; got != want {
			t.Errorf("run %d: written %s, want %s", i, got, want)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
