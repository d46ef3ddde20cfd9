package codec

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// The lifecycle of stored objects of every kind is that of their structs.
func TestLifecycleOfEveryKind(t *testing.T) {
	s := oracle(t)
	serializer := protobuf.NewSerializer(s, s)
	d, seen := differences{}, 0
	fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		accessor, err := meta.Accessor(o)
		if err != nil || strings.HasSuffix(gvk.Kind, "List") {
			return
		}
		want := Lifecycle{UID: accessor.GetUID(), Owners: accessor.GetOwnerReferences(), Finalizers: accessor.GetFinalizers(), Deleting: accessor.GetDeletionTimestamp() != nil}
		if len(want.Owners) == 0 {
			want.Owners = nil
		}
		if len(want.Finalizers) == 0 {
			want.Finalizers = nil
		}
		seen += len(want.Owners) + len(want.Finalizers)
		var stored bytes.Buffer
		if err := serializer.Encode(o, &stored); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadLifecycle(stored.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
			d[fmt.Sprintf("%s: %+v, %v, want %+v", gvk.Kind, got, err, want)]++
		}
	})
	d.report(t)
	if seen < 60 {
		t.Errorf("%d owners and finalizers were seen", seen)
	}
}

func TestLifecycleOfJSON(t *testing.T) {
	for stored, want := range map[string]string{
		`{"kind":"Y","metadata":{"name":"a","uid":"u","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["f"],"ownerReferences":[{"apiVersion":"v","kind":"k","uid":"1","name":"b","blockOwnerDeletion":true}]}}`: "u [f] true v k b 1 true",
		`{"metadata":{"uid":"u","deletionTimestamp":null},"finalizers":["no"]}`: "u [] false",
		`{"spec":{}}`: " [] false",
		`{"metadata":{"ownerReferences":{"uid":"1"}}}`: "none",
		`{"metadata":`: "none",
		`[]`:           "none",
	} {
		got := "none"
		if l, err := ReadLifecycle([]byte(stored)); err == nil {
			got = fmt.Sprint(l.UID, " ", l.Finalizers, " ", l.Deleting)
			for _, o := range l.Owners {
				got += fmt.Sprint(" ", o.APIVersion, " ", o.Kind, " ", o.Name, " ", o.UID, " ", *o.BlockOwnerDeletion)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", stored, got, want)
		}
	}
}
