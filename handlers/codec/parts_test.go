package codec

import (
	"bytes"
	"fmt"
	"iter"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// A list made of parts is the list that Write writes, wherever it is cut.
func TestPartsAreTheList(t *testing.T) {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "Secret"}
	builtin, err := NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	custom := NewUnstructured(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"})
	for name, c := range map[string]resource.Codec{"builtin": builtin, "custom": custom} {
		var stored [][]byte
		for i := range 7 {
			b := fmt.Appendf(nil, `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"%d","labels":{"a":"b"}}}`, i)
			if c == builtin {
				s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i), Labels: map[string]string{"a": "b"}}, Data: map[string][]byte{"k": make([]byte, i*100)}}
				s.SetGroupVersionKind(gvk)
				if b, err = c.Encode(s); err != nil {
					t.Fatal(err)
				}
			}
			stored = append(stored, b)
		}
		items := func(from, to int) iter.Seq2[[]byte, int64] {
			return func(yield func([]byte, int64) bool) {
				for i, b := range stored[from:to] {
					if !yield(b, int64(from+i+1)) {
						return
					}
				}
			}
		}
		partial := schema.GroupVersionKind{Group: metav1.GroupName, Version: "v1", Kind: "PartialObjectMetadataList"}
		outs := []Output{{Format: JSON}, {Format: JSON, As: partial}, {Format: Protobuf, As: partial}}
		if c == builtin {
			outs = append(outs, Output{Format: Protobuf})
		}
		for _, out := range outs {
			list := List{Kind: gvk, Meta: metav1.ListMeta{ResourceVersion: "9"}, Codec: c, Items: items(0, 7)}
			var want bytes.Buffer
			if err := list.Write(&want, out); err != nil {
				t.Fatal(err)
			}
			for cut := 1; cut < 7; cut++ {
				a, err := AppendItems(nil, c, items(0, cut), out)
				if err != nil {
					t.Fatal(err)
				}
				if out.Format != Protobuf {
					a = append(a, Joint...)
				}
				if a, err = AppendItems(a, c, items(cut, 7), out); err != nil {
					t.Fatal(err)
				}
				head, tail, err := list.Parts(out, len(a))
				if err != nil {
					t.Fatal(err)
				}
				if got := bytes.Join([][]byte{head, a, tail}, nil); !bytes.Equal(got, want.Bytes()) {
					t.Errorf("%s %v cut at %d: %s", name, out, cut, apart(want.Bytes(), got))
				}
			}
		}
		broken := func(yield func([]byte, int64) bool) { _ = yield(stored[0], 1) && yield([]byte("k8s\x00\xff"), 2) }
		for _, out := range outs {
			if got, err := AppendItems([]byte("x"), c, broken, out); err == nil || string(got) != "x" {
				t.Errorf("%s %v: a broken object is %q, %v", name, out, got, err)
			}
		}
	}
}
