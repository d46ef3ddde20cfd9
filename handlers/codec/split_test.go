package codec

import (
	"strings"
	"testing"
)

func TestSplitAndJoin(t *testing.T) {
	for _, c := range []struct{ object, picked, rest, joined string }{
		{`{}`, `{}`, `{}`, `{}`},
		{`{"a":1}`, `{"a":1}`, `{}`, `{"a":1}`},
		{`{"x":1}`, `{}`, `{"x":1}`, `{"x":1}`},
		{`{"x":{"a":[1,"}"]},"a":{"x":2},"y":3,"ab":4}`, `{"a":{"x":2},"ab":4}`, `{"x":{"a":[1,"}"]},"y":3}`, `{"x":{"a":[1,"}"]},"y":3,"a":{"x":2},"ab":4}`},
		{`{"\u0061":1}`, `{"\u0061":1}`, `{}`, `{"\u0061":1}`},
	} {
		picked, rest, err := Split([]byte(c.object), func(name string) bool { return strings.HasPrefix(name, "a") })
		if err != nil || string(picked) != c.picked || string(rest) != c.rest {
			t.Errorf("%s: %s and %s, %v", c.object, picked, rest, err)
		}
		if joined := Join(rest, picked); string(joined) != c.joined {
			t.Errorf("%s: joined again %s", c.object, joined)
		}
	}
	if _, _, err := Split([]byte(`{"a":1`), func(string) bool { return true }); err == nil {
		t.Error("half an object is split")
	}
}
