package fields

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// configuration is an object as somebody applies it: with what is filled in it, and no owners.
func configuration(t *testing.T, o object.Object) map[string]any {
	t.Helper()
	o = object.Copy(o)
	o.SetManagedFields(nil)
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(text, &u.Object); err != nil { // numbers as in a body
		t.Fatal(err)
	}
	unstructured.RemoveNestedField(u.Object, "metadata", "creationTimestamp")
	return u.Object
}

// TestApplyAsTheLibrary has two managers apply random configurations of every kind, with updates in between, and compares the
// merge over maps with the library. FIELDS_SEQUENCES=100000 is the long form.
func TestApplyAsTheLibrary(t *testing.T) {
	kinds := storedKinds()
	managers := map[string]*Manager{}
	applies, sure, unchanged := 0, 0, 0
	for i := range count(len(kinds) * 2) {
		k := kinds[i%len(kinds)]
		r := newRandom(int64(i))
		// Every other one at an endpoint that resets nothing: whoever applies a status there does not apply it in vain.
		var reset []string
		if i/len(kinds)%2 == 1 {
			reset = []string{}
		}
		key := fmt.Sprint(k.gvk, reset == nil)
		m := managers[key]
		if m == nil {
			m = managerOf(k, "", reset)
			body, err := codec.NewTypedBody(k.gvk)
			if err != nil {
				t.Fatal(err)
			}
			m.Body = body
			managers[key] = m
		}
		live := r.object(k.gvk)
		live.SetName("a")
		live.SetUID("u")
		m.Track(nil, live, "maker", time.Unix(1700000000, 0))
		wish := object.Copy(live)
		for step := range 5 {
			if r.Intn(3) == 0 {
				next := object.Copy(live)
				next.SetManagedFields(nil)
				r.change(reflect.ValueOf(next).Elem(), 0)
				next.GetObjectKind().SetGroupVersionKind(k.gvk)
				m.Track(live, next, "updater", time.Unix(1700000000, 0))
				live = next
			}
			if r.Intn(3) > 0 {
				r.change(reflect.ValueOf(wish).Elem(), 0)
				wish.GetObjectKind().SetGroupVersionKind(k.gvk)
				wish.SetName("a")
				wish.SetUID("u")
			}
			a := resource.Applied{
				Live: live, Configuration: configuration(t, wish), Manager: "m" + strconv.Itoa(r.Intn(2)), Force: r.Intn(4) > 0,
				Text: func() ([]byte, error) { return json.Marshal(live) },
			}
			if len(live.GetManagedFields()) == 0 {
				break
			}
			library := oracle(t, m)
			result, err := library.Apply(object.Copy(live), &unstructured.Unstructured{Object: configuration(t, wish)}, a.Manager, a.Force)
			now := time.Now()
			got, ok := m.mergeMaps(&a, now)
			applies++
			if !ok {
				if err == nil {
					live = result.(object.Object)
					age(live)
					live.GetObjectKind().SetGroupVersionKind(k.gvk)
				}
				continue
			}
			sure++
			if encoded, plain := m.plainEntries(live.GetManagedFields()); plain && m.isApplied(&a, encoded) {
				unchanged++
			}
			if err != nil {
				t.Fatalf("sequence %d step %d of %v: the library refuses: %v", i, step, k.gvk, err)
			}
			want := result.(object.Object)
			if x, y := shown(got.GetManagedFields(), now), shown(want.GetManagedFields(), now); x != y {
				t.Fatalf("sequence %d step %d of %v by %s:\n got %s\nwant %s", i, step, k.gvk, a.Manager, x, y)
			}
			if x, y := content(t, got), content(t, want); x != y {
				t.Fatalf("sequence %d step %d of %v by %s:\n got %s\nwant %s", i, step, k.gvk, a.Manager, x, y)
			}
			live = got
			live.GetObjectKind().SetGroupVersionKind(k.gvk)
			age(live)
		}
	}
	t.Logf("%d applies, %d decided by the merge over maps, %d of these found to be applied", applies, sure, unchanged)
	if sure*5 < applies || unchanged == 0 {
		t.Error("the merge decided too little")
	}
}

func content(t *testing.T, o object.Object) string {
	t.Helper()
	o = object.Copy(o)
	o.SetManagedFields(nil)
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
