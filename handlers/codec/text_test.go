package codec

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// Strings of all lengths with every byte at every place are written as encoding/json writes them.
func TestAppendString(t *testing.T) {
	check := func(s []byte) {
		t.Helper()
		want, err := json.Marshal(string(s))
		if err != nil {
			t.Fatal(err)
		}
		if got := appendString(nil, s); !bytes.Equal(got, want) {
			t.Fatalf("%q: %s, want %s", s, got, want)
		}
		if got := appendString(nil, string(s)); !bytes.Equal(got, want) {
			t.Fatalf("string %q: %s, want %s", s, got, want)
		}
	}
	for n := range 20 {
		for place := range n {
			for c := range 256 {
				s := bytes.Repeat([]byte("a"), n)
				s[place] = byte(c)
				check(s)
			}
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		s := make([]byte, r.IntN(40))
		for i := range s {
			// Mostly bytes next to those that are special.
			s[i] = []byte("!\"#%&';<=>?[\\]\x1f\x20\x7f\x80\xff\x00ab")[r.IntN(22)]
		}
		check(s)
	}
}
