package codec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// The owners of stored objects of every kind are those of their structs.
func TestOwnersOfEveryKind(t *testing.T) {
	s := oracle(t)
	serializer := protobuf.NewSerializer(s, s)
	d, seen := differences{}, 0
	fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		accessor, err := meta.Accessor(o)
		if err != nil || strings.HasSuffix(gvk.Kind, "List") {
			return
		}
		var want []string
		for _, r := range accessor.GetOwnerReferences() {
			want = append(want, string(r.UID))
		}
		seen += len(want)
		var stored bytes.Buffer
		if err := serializer.Encode(o, &stored); err != nil {
			t.Fatal(err)
		}
		if got, err := Owners(nil, stored.Bytes()); err != nil || !slices.Equal(got, want) {
			d[fmt.Sprintf("%s: %q, %v, want %q", gvk.Kind, got, err, want)]++
		}
	})
	d.report(t)
	if seen < 30 {
		t.Errorf("%d owners were seen", seen)
	}
}

func TestOwnersOfJSON(t *testing.T) {
	for stored, want := range map[string]string{
		`{"apiVersion":"x/v1","kind":"Y","metadata":{"name":"a","ownerReferences":[{"uid":"1","name":"b"},{"uid":"2"}]}}`: "[1 2]",
		`{"metadata":{"name":"a"},"ownerReferences":[{"uid":"1"}]}`:                                                       "[]",
		`{"spec":{}}`: "[]",
		`{"metadata":{"ownerReferences":{"uid":"1"}}}`: "none",
		`{"metadata":`: "none",
		`[]`:           "none",
	} {
		got := "none"
		if owners, err := Owners(nil, []byte(stored)); err == nil {
			got = fmt.Sprint(owners)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", stored, got, want)
		}
	}
}

// Bytes of any wrong shape have no owners, and never end the server.
func TestOwnersOfDamagedBytes(t *testing.T) {
	whole := append(appendEnvelope(nil, "v1", "Pod", 9), 0x0a, 0x07, 0x6a, 0x05, 0x22, 0x03, 'u', 'i', 'd')
	if owners, err := Owners(nil, whole); err != nil || !slices.Equal(owners, []string{"uid"}) {
		t.Fatalf("got %q, %v", owners, err)
	}
	for n := range whole {
		if owners, err := Owners(nil, whole[:n]); err == nil && len(owners) > 0 {
			t.Errorf("%d of %d bytes have the owners %q", n, len(whole), owners)
		}
	}
	if _, err := Owners(nil, append(whole[:len(whole)-7], 0x6a, 0x05, 0x22, 0x04, 'u', 'i', 'd')); err == nil {
		t.Error("an owner whose UID is cut off is read")
	}
}
