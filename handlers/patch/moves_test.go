package patch

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestLongestList(t *testing.T) {
	for text, want := range map[string]int{
		``: 0, `{}`: 0, `[]`: 1, `[1,2,3]`: 3, `{"a":1,"b":2,"c":[1,2]}`: 2, `[[1,2,3],[1]]`: 3, `["a,b","c\\",",\",",1]`: 4,
		`[{"a":1,"b":[]},{"c":1,"d":2}]`: 2, `]],,}`: 0, `["`: 0,
	} {
		if got := longestList([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// Operations at an index cost what their list is long, and are refused once there are too many; others are not counted.
func TestMoves(t *testing.T) {
	ops := func(n int, op string) string { return "[" + strings.TrimSuffix(strings.Repeat(op+",", n), ",") + "]" }
	list := func(n int) []byte {
		return fmt.Appendf(nil, `{"l":[%s]}`, strings.TrimSuffix(strings.Repeat("0,", n), ","))
	}
	for _, c := range []struct {
		name, patch string
		before      []byte
		refused     bool
	}{
		{"into a list of ten thousand", ops(9000, `{"op":"add","path":"/l/0","value":0}`), list(10000), false},
		{"into a list of a hundred thousand", ops(9000, `{"op":"add","path":"/l/0","value":0}`), list(100000), true},
		{"out of one", ops(9000, `{"op":"remove","path":"/l/0"}`), list(100000), true},
		{"within one", ops(4500, `{"op":"move","from":"/l/9","path":"/l/0"}`), list(100000), true},
		{"a few", ops(100, `{"op":"add","path":"/l/0","value":0}`), list(700000), false},
		{"at its end", ops(9000, `{"op":"add","path":"/l/-","value":0}`), list(100000), false},
		{"in its places", ops(9000, `{"op":"replace","path":"/l/7","value":0}`), list(100000), false},
		{"into a list that the patch has", `[{"op":"add","path":"/x","value":[` + strings.TrimSuffix(strings.Repeat("0,", 500000), ",") + `]},` + ops(9000, `{"op":"add","path":"/x/0","value":0}`)[1:], list(1), true},
	} {
		p, err := readOperations([]byte(c.patch), "Strict")
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := p.checkMoves(c.before); apierrors.IsRequestEntityTooLargeError(err) != c.refused || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
