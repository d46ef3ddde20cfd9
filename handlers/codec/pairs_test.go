package codec

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
)

func shown(p *Pairs) (out string) {
	p.Each(func(name, value string) { out += name + "=" + value + " " })
	return out
}

// packed makes packed strings of words.
func packed(words ...string) (out []byte) {
	for _, w := range words {
		out = packString(out, w)
	}
	return out
}

func TestPairs(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		p    *Pairs
		want map[string]string
	}{
		"none":       {nil, map[string]string{}},
		"one":        {pairsOf(nil, packed("a", "1")), map[string]string{"a": "1"}},
		"empty":      {pairsOf(nil, packed("a", "", "b", "2")), map[string]string{"a": "", "b": "2"}},
		"no name":    {pairsOf(nil, packed("", "1")), map[string]string{"": "1"}},
		"long":       {pairsOf(nil, packed("a", long, long, "b")), map[string]string{"a": long, long: "b"}},
		"of a kind":  {pairsOf(&[]string{"a.b", "c"}, packed("1", "2")), map[string]string{"a.b": "1", "c": "2"}},
		"kind empty": {pairsOf(&[]string{"a.b", "c"}, packed("", "")), map[string]string{"a.b": "", "c": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			c.p.Each(func(name, value string) { got[name] = value })
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			for _, name := range []string{"", "a", "a.b", "b", "c", "1", long} {
				value, exists := c.p.Lookup(name)
				want, wanted := c.want[name]
				if value != want || exists != wanted || c.p.Has(name) != wanted || c.p.Get(name) != want {
					t.Errorf("%q: %q %t, want %q %t", name, value, exists, want, wanted)
				}
			}
		})
	}
}

// Many pairs are found by halves, few one after the other.
func TestManyPairs(t *testing.T) {
	for _, n := range []int{fewPairs, fewPairs + 1, 3000} {
		var words []string
		for i := range n {
			words = append(words, fmt.Sprintf("name%05d", 2*i), fmt.Sprint("value", i))
		}
		p := pairsOf(nil, packed(words...))
		if (p.places != nil) != (n > fewPairs) {
			t.Errorf("%d pairs have places: %v", n, p.places != nil)
		}
		for i := range n {
			if value, has := p.Lookup(fmt.Sprintf("name%05d", 2*i)); !has || value != fmt.Sprint("value", i) {
				t.Fatalf("%d of %d: %q, %v", i, n, value, has)
			}
			if p.Has(fmt.Sprintf("name%05d", 2*i+1)) {
				t.Fatalf("%d of %d is there twice", i, n)
			}
		}
		for _, none := range []string{"", "a", "name", "zzz"} {
			if p.Has(none) {
				t.Errorf("%q is there", none)
			}
		}
	}
}

// The same pairs are the same in memory, but not for another kind; others take their place and harm nobody.
func TestPairsAreShared(t *testing.T) {
	kind, other := &[]string{"a"}, &[]string{"b"}
	p := pairsOf(kind, packed("TestPairsAreShared"))
	if pairsOf(kind, packed("TestPairsAreShared")) != p {
		t.Error("the same pairs lie there twice")
	}
	if q := pairsOf(other, packed("TestPairsAreShared")); q == p || shown(q) != "b=TestPairsAreShared " {
		t.Errorf("another kind has %s", shown(q))
	}
	long := packed(strings.Repeat("x", longestShared))
	if a, b := pairsOf(kind, long), pairsOf(kind, long); a == b || !a.equal(b) {
		t.Error("long pairs are kept for others")
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3 * len(made) {
				if got, want := shown(pairsOf(kind, packed(fmt.Sprint(i/(g+1))))), fmt.Sprintf("a=%d ", i/(g+1)); got != want {
					t.Errorf("got %s, want %s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
	if shown(p) != "a=TestPairsAreShared " {
		t.Errorf("became %s", shown(p))
	}
}

func BenchmarkLabelMatch(b *testing.B) {
	p := pairsOf(nil, packed("app.kubernetes.io/instance", "web-1", "app.kubernetes.io/name", "web", "pod-template-hash", "5d9c7b8f6", "tier", "front"))
	selector := labels.SelectorFromSet(labels.Set{"tier": "front"})
	b.ReportAllocs()
	for b.Loop() {
		if !selector.Matches(p) {
			b.Fatal("no match")
		}
	}
}
