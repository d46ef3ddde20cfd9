package fields

import (
	"strings"
	"testing"
)

func TestIsCanonical(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"f:a":{}}`: true, `{"f:a":{".":{},"f:b":{}},"f:c":{}}`: true, `{"k:{\"a\":1}":{}}`: true,
		``: false, `{`: false, `}`: false, `{}}`: false, `{"f:a"}`: false, `{"f:a":1}`: false, `{"f:a":{},}`: false, `{,"f:a":{}}`: false,
		`{"f:a":{}"f:b":{}}`: false, `{"f:a": {}}`: false, `{"f:a\`: false, `,`: false, `{".":{}}`: false, `{"f:a":{".":{"f:b":{}}}}`: false, `{"f:a":{"f:b":{},".":{}}}`: false, `{"f:a":{}} `: false, `[]`: false, `{}{}`: false,
	} {
		if isCanonical(text) != want {
			t.Errorf("%s: %t", text, !want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct{ set, lost, want string }{
		{`{"f:a":{},"f:b":{}}`, `{"f:a":{}}`, `{"f:b":{}}`},
		{`{"f:a":{},"f:b":{}}`, `{"f:b":{}}`, `{"f:a":{}}`},
		{`{"f:a":{".":{},"f:b":{}}}`, `{"f:a":{"f:b":{}}}`, `{"f:a":{}}`},
		{`{"f:a":{".":{},"f:b":{}}}`, `{"f:a":{}}`, `{"f:a":{"f:b":{}}}`},
		{`{"f:a":{"f:b":{}}}`, `{"f:a":{}}`, `{"f:a":{"f:b":{}}}`},
		{`{"f:a":{"f:b":{}}}`, `{"f:a":{"f:b":{}}}`, ``},
		{`{"f:a":{"f:b":{},"f:c":{}},"f:d":{}}`, `{"f:a":{"f:b":{},"f:c":{}}}`, `{"f:d":{}}`},
	} {
		few, ok := paths(c.lost)
		if !ok {
			t.Fatal(c.lost)
		}
		got, err := without(c.set, c.lost, few)
		if err != nil || string(got) != c.want {
			t.Errorf("%s without %s is %s, %v", c.set, c.lost, got, err)
		}
	}
}

// Sets of more paths than are looked for one by one are taken apart by the library.
func TestManyPaths(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"f:data":{`)
	for i := range maxCut + 5 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"f:k` + string(rune('A'+i/26)) + string(rune('a'+i%26)) + `":{}`)
	}
	b.WriteString(`}}`)
	lost := b.String()
	few, ok := paths(lost)
	if ok || few != nil {
		t.Fatal("few paths")
	}
	got, err := without(strings.Replace(lost, `{"f:data":{`, `{"f:data":{".":{},`, 1), lost, few)
	if err != nil || string(got) != `{"f:data":{}}` {
		t.Errorf("%s, %v", got, err)
	}
}

// FuzzEncoded holds what is done on encoded sets against the library, for sets that the library would write so.
func FuzzEncoded(f *testing.F) {
	for _, seed := range []string{`{"f:a":{".":{},"f:b":{}},"f:c":{}}`, `{"k:{\"a\":1}":{".":{},"f:x":{}}}`, `{"v:\"a\"":{}}`, `{}`} {
		f.Add(seed, `{"f:a":{"f:b":{}}}`)
	}
	f.Add(`,`, `0`)
	f.Add(`{"f:":{"":{}}}`, `{".":{"":{}}}`)
	f.Fuzz(func(t *testing.T, encoded, lost string) {
		if !isCanonical(encoded) || !isCanonical(lost) {
			return
		}
		few, ok := paths(lost)
		got, err := without(encoded, lost, few)
		x, errX := decode(encoded)
		y, errY := decode(lost)
		if errX != nil || errY != nil || !ok {
			return
		}
		if same, err := x.ToJSON(); err != nil || string(same) != encoded {
			return
		}
		if same, err := y.ToJSON(); err != nil || string(same) != lost {
			return
		}
		want, errWant := encode(x.Difference(y))
		if err != nil || errWant != nil || string(got) != string(want) {
			t.Fatalf("%s without %s is %s, want %s; %v, %v", encoded, lost, got, want, err, errWant)
		}
	})
}
