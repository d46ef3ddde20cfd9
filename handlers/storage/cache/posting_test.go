package cache

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A posting is compared with a sorted slice over many random changes.
func TestPosting(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	key := func() string { return fmt.Sprintf("/k/%04d", r.IntN(2000)) }
	var want []string
	for range 700 {
		want = append(want, key())
	}
	slices.Sort(want)
	want = slices.Compact(want)
	p := newPosting(want)
	for i := range 20_000 {
		k := key()
		at, found := slices.BinarySearch(want, k)
		// Long phases of growth and of shrinking.
		if r.IntN(10) < 2+6*(i/4000%2) {
			if p.remove(k); found {
				want = slices.Delete(want, at, at+1)
			}
		} else if p.add(k); !found {
			want = slices.Insert(want, at, k)
		}
		if i%50 != 0 {
			continue
		}
		from, end := key(), key()
		if r.IntN(4) == 0 {
			from = ""
		}
		to := len(want)
		if r.IntN(4) == 0 {
			end = ""
		} else {
			to, _ = slices.BinarySearch(want, end)
		}
		first, _ := slices.BinarySearch(want, from)
		inside := want[min(first, to):to]
		if got := p.count(from, end); got != len(inside) || p.size != len(want) {
			t.Fatalf("%d keys in [%q, %q) of %d, want %d of %d", got, from, end, p.size, len(inside), len(want))
		}
		most := 1 + r.IntN(300)
		got, more := p.appendKeys(nil, from, end, most)
		if !slices.Equal(got, inside[:min(most, len(inside))]) || more != (len(inside) > most) {
			t.Fatalf("%d keys in [%q, %q), more %t, want %d of %d", len(got), from, end, more, most, len(inside))
		}
	}
	for _, run := range p.runs {
		if len(run) == 0 || len(run) > longestRun {
			t.Fatalf("a run of %d keys", len(run))
		}
	}
	for _, k := range slices.Clone(want) {
		p.remove(k)
	}
	if p.size != 0 || len(p.runs) != 0 {
		t.Fatalf("%d keys in %d runs are left", p.size, len(p.runs))
	}
}

// Keys that come in order fill their runs.
func TestPostingInOrder(t *testing.T) {
	var p posting
	for i := range 4 * longestRun {
		p.add(fmt.Sprintf("%05d", i))
	}
	if len(p.runs) != 4 {
		t.Errorf("%d runs", len(p.runs))
	}
}
