package fields

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// random makes and changes objects: few values, so that writers meet.
type random struct {
	*rand.Rand
	fill *randfill.Filler
}

func newRandom(seed int64) *random {
	r := rand.New(rand.NewSource(seed))
	return &random{r, randfill.New().RandSource(r).NilChance(0.6).NumElements(0, 3).MaxDepth(9).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = resource.MustParse(strconv.Itoa(c.Intn(5)) + []string{"", "m", "Mi", "k"}[c.Intn(4)])
		},
		func(v *intstr.IntOrString, c randfill.Continue) {
			if *v = intstr.FromInt32(int32(c.Intn(3))); c.Bool() {
				*v = intstr.FromString("p" + strconv.Itoa(c.Intn(3)))
			}
		},
		func(t *metav1.Time, c randfill.Continue) {
			if c.Intn(4) > 0 {
				*t = metav1.Unix(int64(1700000000+c.Intn(3)), int64(c.Intn(2))*1000)
			}
		},
		func(t *metav1.MicroTime, c randfill.Continue) { t.Time = time.Unix(1700000000, int64(c.Intn(3))*1000) },
		func(s *string, c randfill.Continue) {
			if *s = "s" + strconv.Itoa(c.Intn(30)); c.Intn(3) == 0 {
				*s = []string{"", "a", "b", "c-d", "x.y/z", "qü\"<"}[min(c.Intn(40), 5)]
			}
		},
		func(n *int32, c randfill.Continue) { *n = int32(c.Intn(12)) },
		func(n *int64, c randfill.Continue) { *n = int64(c.Intn(4)) },
		func(raw *runtime.RawExtension, c randfill.Continue) {
			raw.Raw = []byte(`{"kind":"X","a":` + strconv.Itoa(c.Intn(3)) + `}`)
		},
		func(raw *json.RawMessage, c randfill.Continue) {
			*raw = json.RawMessage(`{"a":` + strconv.Itoa(c.Intn(3)) + `}`)
		},
		func(e *[]metav1.ManagedFieldsEntry, _ randfill.Continue) { *e = nil },
	)}
}

// change changes a random place of a value.
func (r *random) change(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && r.Intn(6) > 0 {
			r.change(v.Elem(), depth)
			return
		}
	case reflect.Struct:
		if leafTypes[v.Type()] || v.NumField() == 0 || r.Intn(40) == 0 && depth > 1 {
			break
		}
		for range 1 + r.Intn(2) {
			i := r.Intn(v.NumField())
			if f := v.Type().Field(i); f.Name != "TypeMeta" && f.Name != "ManagedFields" && f.IsExported() {
				r.change(v.Field(i), depth+1)
			}
		}
		return
	case reflect.Slice:
		switch n := v.Len(); {
		case v.Type() == reflect.TypeFor[json.RawMessage](): // a piece of which is no JSON
		case n > 0 && r.Intn(3) > 0 && v.Type().Elem().Kind() != reflect.Uint8:
			r.change(v.Index(r.Intn(n)), depth+1)
			return
		case n > 1 && r.Intn(2) == 0:
			v.Set(v.Slice(0, n-1))
			return
		case n > 1:
			first, last := v.Index(0).Interface(), v.Index(n-1).Interface()
			v.Index(0).Set(reflect.ValueOf(last))
			v.Index(n - 1).Set(reflect.ValueOf(first))
			return
		}
	}
	r.fill.Fill(v.Addr().Interface())
}

var leafTypes = map[reflect.Type]bool{
	reflect.TypeFor[resource.Quantity](): true, reflect.TypeFor[intstr.IntOrString](): true, reflect.TypeFor[metav1.Time](): true,
	reflect.TypeFor[metav1.MicroTime](): true, reflect.TypeFor[runtime.RawExtension](): true,
}

func (r *random) object(gvk kschema.GroupVersionKind) object.Object {
	o := newObject(gvk)
	r.fill.Fill(o)
	o.GetObjectKind().SetGroupVersionKind(gvk)
	o.SetManagedFields(nil)
	return o
}

// shown is entries as a test compares them: bytes, and which times moved.
func shown(entries []metav1.ManagedFieldsEntry, now time.Time) string {
	out := ""
	for _, e := range entries {
		moved := e.Time != nil && now.Sub(e.Time.Time) < 20*time.Second
		out += fmt.Sprintf("%s %s %s %q moved=%t\n  %s\n", e.Manager, e.Operation, e.APIVersion, e.Subresource, moved, e.FieldsV1.GetRawString())
	}
	return out
}

func count(short int) int {
	if s := os.Getenv("FIELDS_SEQUENCES"); s != "" {
		n, _ := strconv.Atoi(s)
		return n
	}
	return short
}

// managerOf is a manager of the kind at an endpoint that resets other fields than its row says, if reset is given.
func managerOf(k kind, subresource string, reset []string) *Manager {
	if reset == nil {
		reset = k.reset
	}
	o := Options{
		GVK: k.gvk, Subresource: subresource, New: newObject, Resets: reset,
		AllResets: func() map[string][]string { return map[string][]string{k.gvk.GroupVersion().String(): reset} },
	}
	return New(o)
}

// TestTrackAsTheLibrary has several managers write random objects of every kind, and compares what the tables say of each write
// with what the library says. FIELDS_SEQUENCES=100000 is the long form.
func TestTrackAsTheLibrary(t *testing.T) {
	kinds := storedKinds()
	steps, sure, refused := 0, 0, 0
	managers := map[string]*Manager{}
	get := func(k kind, subresource string, reset []string) *Manager {
		key := fmt.Sprint(k.gvk, subresource, reset)
		if managers[key] == nil {
			managers[key] = managerOf(k, subresource, reset)
		}
		return managers[key]
	}
	for i := range count(len(kinds) * 6) {
		k := kinds[i%len(kinds)]
		r := newRandom(int64(i))
		var live object.Object
		for step := range 7 {
			subresource, who := "", "m"+strconv.Itoa(r.Intn(3))
			var reset []string
			if step > 0 && r.Intn(2) == 0 {
				subresource = "status"
			}
			if r.Intn(2) == 0 {
				if reset = []string{"status"}; subresource != "" {
					reset = []string{"spec", "metadata.labels"}
				}
			}
			var next object.Object
			if live == nil {
				next = r.object(k.gvk)
			} else {
				next = object.Copy(live)
				for range r.Intn(4) {
					r.change(reflect.ValueOf(next).Elem(), 0)
				}
				next.GetObjectKind().SetGroupVersionKind(k.gvk)
				next.SetManagedFields(nil)
			}
			m := get(k, subresource, reset)
			library := oracle(t, m)
			old := live
			if old == nil {
				old = newObject(k.gvk)
			}
			result, err := library.Update(object.Copy(old), object.Copy(next), who)
			if err != nil {
				refused++
				break
			}
			want := result.(object.Object)
			now := time.Now().UTC()
			steps++
			var entries []metav1.ManagedFieldsEntry
			if live != nil {
				entries = live.GetManagedFields()
			}
			if got, ok := m.quick(live, next, entries, who, now); ok {
				sure++
				if a, b := shown(got, now), shown(want.GetManagedFields(), now); a != b {
					before, _ := json.Marshal(live)
					after, _ := json.Marshal(next)
					t.Fatalf("sequence %d step %d of %v %q reset %v by %s:\n got %s\nwant %s\nlive %.3000s\nnext %.3000s", i, step, k.gvk, subresource, reset, who, a, b, before, after)
				}
			}
			m.Track(live, next, who, now)
			if a, b := shown(next.GetManagedFields(), now), shown(want.GetManagedFields(), now); a != b {
				t.Fatalf("sequence %d step %d of %v by Track:\n got %s\nwant %s", i, step, k.gvk, a, b)
			}
			live = next
			live.SetUID("u")
			age(live)
			if len(live.GetManagedFields()) == 0 {
				break
			}
		}
	}
	t.Logf("%d writes, %d sure, %d refused by the library", steps, sure, refused)
	if sure*3 < steps {
		t.Error("the tables were sure of too little")
	}
}

// age makes entries old.
func age(o object.Object) {
	entries := o.GetManagedFields()
	for i := range entries {
		entries[i].Time = &metav1.Time{Time: time.Unix(1700000000, 0)}
	}
	sortEntries(entries)
	o.SetManagedFields(entries)
}
