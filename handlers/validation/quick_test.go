package validation

import (
	"math/rand/v2"
	"testing"
)

// What a quick check accepts, the library accepts. Random strings of the characters that matter, short and long.
func TestQuickNeverAcceptsMoreThanTheLibrary(t *testing.T) {
	const alphabet = "ab9Z-_./ é"
	r := rand.New(rand.NewPCG(1, 2))
	accepted := map[string]int{}
	try := func(s string) {
		for name, f := range formats {
			if f.quick == nil || !f.quick(s) {
				continue
			}
			accepted[name]++
			if msgs := f.messages(s); len(msgs) > 0 {
				t.Fatalf("%s: quick accepts %q, but %v", name, s, msgs)
			}
		}
	}
	for range 50000 {
		n := r.IntN(12)
		if r.IntN(20) == 0 {
			n = 50 + r.IntN(220)
		}
		s := make([]rune, n)
		for i := range s {
			letters := []rune(alphabet)
			if r.IntN(3) > 0 {
				letters = letters[:5]
			}
			s[i] = letters[r.IntN(len(letters))]
		}
		try(string(s))
	}
	for name, f := range formats {
		if f.quick != nil && accepted[name] == 0 {
			t.Errorf("%s: nothing was accepted", name)
		}
	}
}
