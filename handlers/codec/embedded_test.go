package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// managed is a value like those of managed fields.
func managed(i int) string {
	return fmt.Sprintf(`{"f:metadata":{"f:labels":{".":{},"f:app":{},"f:label-%d":{}}},"f:spec":{"k:{\"name\":\"main\"}":{".":{},"f:image":{}}}%s}`, i,
		strings.Repeat(`,"f:more":{}`, 40))
}

// Embedded values come out the same the first time and when they are known, also beside others.
func TestEmbedded(t *testing.T) {
	long := strings.Repeat(`"<a>",`, 20)
	values := []string{
		`{}`, `"a"`, `[1, 2]`, `{"a":[` + long + `1]}`, ` {"a":[` + long + `1]}`, `{"a":[` + long + `1] }`, `{"a":[` + long + `1]`, "[" + strings.Repeat("1,", 50) + "]",
		`"` + strings.Repeat("x", 3*longestEmbedded) + `"`, "[\"" + strings.Repeat("x", 100) + "\x00\"]", "[\"" + strings.Repeat("\u2028", 40) + "\"]",
	}
	// More than there are places.
	for i := range 3 * len(embedded) {
		values = append(values, managed(i))
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for _, value := range values {
				for range 3 {
					var compact, want bytes.Buffer
					invalid := json.Compact(&compact, []byte(value)) != nil
					json.HTMLEscape(&want, compact.Bytes())
					got, err := appendEmbedded([]byte("before"), []byte(value))
					if invalid != (err != nil) || err == nil && string(got) != "before"+want.String() || err != nil && string(got) != "before" {
						t.Errorf("%.100q: %.100q, %v", value, got, err)
					}
				}
			}
		})
	}
	all.Wait()
	kept := 0
	for i := range embedded {
		if embedded[i].value.Load() != nil {
			kept++
		}
	}
	if kept == 0 {
		t.Error("nothing is kept")
	}
}

func BenchmarkEmbedded(b *testing.B) {
	src := []byte(managed(1))
	var dst []byte
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		var err error
		if dst, err = appendEmbedded(dst[:0], src); err != nil {
			b.Fatal(err)
		}
	}
}
