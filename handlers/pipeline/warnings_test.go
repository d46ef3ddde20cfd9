package pipeline

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func warningsOf(texts ...string) []string {
	w := &ResponseWriter{ResponseWriter: httptest.NewRecorder()}
	w.Warn(texts...)
	return w.Header()["Warning"]
}

func TestWarnings(t *testing.T) {
	long, exact := strings.Repeat("é", 300), strings.Repeat("x", maxWarnings)
	short := func(n int) string { return fmt.Sprintf("%04d", n) }
	var fitting []string
	for i := range maxWarnings / 4 {
		fitting = append(fitting, short(i))
	}
	for name, c := range map[string]struct{ texts, want []string }{
		"none":                       {},
		"an empty one":               {texts: []string{""}},
		"twice the same":             {texts: []string{"a", "b", "a"}, want: []string{"a", "b"}},
		"quotes and control":         {texts: []string{"a\"\n\x7fb\\"}, want: []string{`a\"b\\`}},
		"a long one that fits":       {texts: []string{long}, want: []string{long}},
		"all that fits":              {texts: []string{exact}, want: []string{exact}},
		"one that is too long":       {texts: []string{exact + "x"}, want: []string{exact[:maxWarning]}},
		"the earlier are cut too":    {texts: []string{long, exact}, want: []string{strings.Repeat("é", maxWarning), exact[:maxWarning]}},
		"the later are cut":          {texts: []string{exact, "a", long}, want: []string{exact[:maxWarning], "a", strings.Repeat("é", maxWarning)}},
		"as many short ones as fit":  {texts: fitting, want: fitting},
		"one more than fits":         {texts: append(slices.Clone(fitting), "last"), want: append(slices.Clone(fitting), "last")},
		"nothing after it was full":  {texts: append(slices.Clone(fitting), "last", "after"), want: append(slices.Clone(fitting), "last")},
		"a repetition costs nothing": {texts: append(slices.Clone(fitting), short(0), short(1)), want: fitting},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, text := range c.want {
				want = append(want, `299 - "`+text+`"`)
			}
			if got := warningsOf(c.texts...); !slices.Equal(got, want) {
				t.Errorf("got %d headers %.200q, want %d %.200q", len(got), got, len(want), want)
			}
		})
	}
}

// What is not sent is not looked at either: what a warning costs does not grow with how many there were.
func TestWarningsAreBounded(t *testing.T) {
	cost := func(n int) float64 {
		texts := make([]string, n)
		for i := range texts {
			texts[i] = fmt.Sprintf("spec.containers[0].env[%d]: hides previous definition", i)
		}
		return testing.AllocsPerRun(3, func() { warningsOf(texts...) })
	}
	if few, many := cost(1000), cost(100000); many > few {
		t.Errorf("1,000 warnings cost %.0f allocations, 100,000 cost %.0f", few, many)
	}
}
