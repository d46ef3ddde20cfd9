package patch

import (
	"runtime"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// A patch that would take too much memory is refused before it is decoded: it has taken at most ten times its size.
func TestHeavyPatches(t *testing.T) {
	body, err := codec.NewTypedBody(schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
	if err != nil {
		t.Fatal(err)
	}
	res := &resource.Resource{Body: body}
	live := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}`)
	fill := func(before, piece, after string) string {
		return before + strings.TrimSuffix(strings.Repeat(piece, 3<<20/len(piece)), ",") + after
	}
	maps, lists := fill(`{"x":[`, `{"a":1},`, `]}`), fill(`{"x":[`, `[],`, `]}`)
	for _, c := range []struct {
		name, body, validation string
		apply                  func(*Patch) error
		code                   int32
	}{
		{"merge", maps, "", func(p *Patch) error { _, _, err := p.merge(res, live, nil); return err }, 400},
		{"merge, ignored", lists, "Ignore", func(p *Patch) error { _, _, err := p.merge(res, live, nil); return err }, 400},
		{"strategic", maps, "", func(p *Patch) error { _, _, err := p.strategic(res, live); return err }, 400},
		{"strategic, ignored", lists, "Ignore", func(p *Patch) error { _, _, err := p.strategic(res, live); return err }, 400},
		{"too many operations", fill("[", "{},", "]"), "", func(p *Patch) error { _, err := p.operations(live); return err }, 413},
		{"too many nulls", fill("[", "null,", "]"), "Ignore", func(p *Patch) error { _, err := p.operations(live); return err }, 413},
		{"a large value", fill(`[{"op":"add","path":"/x","value":[`, `{"a":1},`, `]}]`), "", func(p *Patch) error { _, err := p.operations(live); return err }, 400},
		{"apply", maps, "", func(p *Patch) error { _, err := ReadConfiguration(p.body); return err }, 400},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.apply(New(types.PatchType(""), []byte(c.body), c.validation))
		runtime.ReadMemStats(&after)
		status, ok := err.(apierrors.APIStatus)
		if !ok || status.Status().Code != c.code {
			t.Errorf("%s: %.200v", c.name, err)
		}
		if took := int(after.TotalAlloc - before.TotalAlloc); took > 10*len(c.body) {
			t.Errorf("%s: %d bytes for %d", c.name, took, len(c.body))
		}
	}
}
