package verb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// Long lists of values are sets, and match what apimachinery's do.
func TestValueSets(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	list := func(n int) string {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprint("v", 2*i))
		}
		return "(" + strings.Join(values, ",") + ")"
	}
	for _, text := range []string{
		"a in " + list(fewValues), "a in " + list(fewValues+1), "a notin " + list(500), "a in " + list(500) + ",b notin " + list(40) + ",c,!d,e!=v2",
		"a=v2,b in " + list(17),
	} {
		want, err := labels.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := affordable(want, fields.Everything())
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%.40s is written %.40s", text, got)
		}
		if sets, long := got.(valueSets); long != (text != "a in "+list(fewValues)) {
			t.Errorf("%.40s: %T", text, got)
		} else if long {
			for _, other := range sets.others {
				if n := len(other.ValuesUnsorted()); n > fewValues {
					t.Errorf("%.40s: %d values are looked through", text, n)
				}
			}
		}
		for range 300 {
			set := labels.Set{}
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				if r.IntN(3) > 0 {
					set[name] = fmt.Sprint("v", r.IntN(120))
				}
			}
			if got.Matches(set) != want.Matches(set) {
				t.Fatalf("%.40s and %v: %v", text, set, got.Matches(set))
			}
		}
	}
}

func TestRequirementsAreBounded(t *testing.T) {
	names := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprint("!a", i))
		}
		return strings.Join(all, ",")
	}
	for _, c := range []struct {
		labels, fields string
		refused        bool
	}{
		{names(maxRequirements), "", false},
		{names(maxRequirements + 1), "", true},
		{names(maxRequirements), "metadata.name!=x", true},
		{"a in (" + strings.TrimSuffix(strings.Repeat("v,", 5000), ",") + ")", "", false},
	} {
		s := newSelection(nil)
		err := s.read(selecting(c.labels, c.fields))
		if (err != nil) != c.refused {
			t.Errorf("%d letters of labels, %q: %v", len(c.labels), c.fields, err)
		}
	}
}
