package patch

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// doubling is a patch of 4 KB that copies a text again and again into the object that holds it.
func doubling(copies int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `[{"op":"add","path":"/z","value":{"s":"%s"}}`, strings.Repeat("x", 3000))
	for i := range copies {
		fmt.Fprintf(&b, `,{"op":"copy","from":"/z","path":"/z/c%d"}`, i)
	}
	b.WriteString(`,{"op":"remove","path":"/z"}]`)
	return []byte(b.String())
}

func TestCopiesAreBounded(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := New(types.JSONPatchType, doubling(24), "").operations([]byte(`{"data":{}}`))
	runtime.ReadMemStats(&after)
	status, ok := err.(apierrors.APIStatus)
	if !ok || status.Status().Code != 422 {
		t.Errorf("%v", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 20*maxCopied {
		t.Errorf("a patch of 4 KB took %d bytes", grown)
	}
	if _, err := New(types.JSONPatchType, doubling(5), "").operations([]byte(`{"data":{}}`)); err != nil {
		t.Errorf("a patch below the bound: %v", err)
	}
}

// Operations on one long list are no way to keep a processor busy: the list is bounded by the body.
func TestManyOperations(t *testing.T) {
	one := `{"op":"add","path":"/l/0","value":1}`
	body := []byte("[" + strings.TrimSuffix(strings.Repeat(one+",", maxOperations), ",") + "]")
	began := time.Now()
	if _, err := New(types.JSONPatchType, body, "").operations([]byte(`{"l":[]}`)); err != nil {
		t.Error(err)
	}
	t.Logf("%d operations on one list took %v", maxOperations, time.Since(began))
	more := []byte("[" + strings.Repeat(one+",", maxOperations) + one + "]")
	if _, err := New(types.JSONPatchType, more, "").operations([]byte(`{"l":[]}`)); !apierrors.IsRequestEntityTooLargeError(err) {
		t.Errorf("too many operations: %v", err)
	}
}

// A patch is read once and applied to one state after the other: no application may leave anything for the next.
func TestOperationsAgain(t *testing.T) {
	p := New(types.JSONPatchType, []byte(`[{"op":"add","path":"/m","value":{"a":[1]}},{"op":"add","path":"/m/a/0","value":{"b":2}},{"op":"copy","from":"/m","path":"/n"},{"op":"replace","path":"/m/a/0/b","value":3}]`), "")
	for _, before := range []string{`{}`, `{"m":{"c":1}}`, `{"n":[]}`} {
		after, err := p.operations([]byte(before))
		if err != nil || string(after.json) != `{"m":{"a":[{"b":3},1]},"n":{"a":[{"b":2},1]}}` {
			t.Errorf("%s: %s %v", before, after.json, err)
		}
	}
}
