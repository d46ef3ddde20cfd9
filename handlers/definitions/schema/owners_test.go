package schema

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/handlers/fields"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ownersOf is the manager of a schema's objects, with its fast path or with the library alone; asked counts how often the library is.
func ownersOf(s *Schema, quick bool, subresource string, asked *int) *fields.Manager {
	resets := []string{"status"}
	if subresource != "" {
		resets = []string{"metadata", "spec"}
	}
	o := fields.Options{
		GVK: gadget, Subresource: subresource, Resets: resets,
		AllResets: func() map[string][]string { return map[string][]string{gadget.GroupVersion().String(): resets} },
		New: func(gvk kschema.GroupVersionKind) object.Object {
			u := &unstructured.Unstructured{}
			u.SetGroupVersionKind(gvk)
			return u
		},
		Convert: func(_, _ kschema.GroupVersionKind) resource.Converter { return nil },
		Default: func(o object.Object) { s.Default(o.(*unstructured.Unstructured).Object) },
		Types: func(kschema.GroupVersionKind) (*typed.ParseableType, error) {
			*asked++
			return s.MergeType()
		},
	}
	if quick {
		o.Tree = s.Tree
	}
	return fields.New(o)
}

func shownOwners(o *unstructured.Unstructured, now time.Time) (out string) {
	for _, e := range o.GetManagedFields() {
		out += fmt.Sprintf("%s %s %s %q moved=%t\n  %s\n", e.Manager, e.Operation, e.APIVersion, e.Subresource, e.Time != nil && now.Sub(e.Time.Time) < 20*time.Second, e.FieldsV1.GetRawString())
	}
	return out
}

// ownersSteps has several managers write objects of a schema, and compares the owners by nodes with those by the library.
func ownersSteps(t *testing.T, r *random, s map[string]any, steps map[string]int) {
	t.Helper()
	text := textOf(t, s)
	of := newSchema(text)
	asked, ignored := 0, 0
	managers := map[string][2]*fields.Manager{}
	for _, sub := range []string{"", "status"} {
		managers[sub] = [2]*fields.Manager{ownersOf(of, true, sub, &asked), ownersOf(of, false, sub, &ignored)}
	}
	var live *unstructured.Unstructured
	for range 6 {
		var content map[string]any
		if live == nil {
			content = r.resource(s)
		} else {
			content, _ = r.changed(live.DeepCopy().Object, s, 4).(map[string]any)
			if content == nil || content["kind"] != gadget.Kind {
				continue
			}
		}
		if meta, ok := content["metadata"].(map[string]any); ok {
			delete(meta, "managedFields")
			if r.chance(30) {
				meta["labels"] = map[string]any{r.one("a", "b").(string): r.one("x", "y")}
			}
		}
		if _, err := of.Coerce(content, Coercion{}); err != nil {
			continue
		}
		of.Default(content)
		sub, who, now := r.one("", "", "status").(string), "m"+strconv.Itoa(r.Intn(3)), time.Now().UTC()
		if live == nil {
			sub = ""
		}
		next := &unstructured.Unstructured{Object: content}
		want := next.DeepCopy()
		asked = 0
		var old, oldToo object.Object
		if live != nil {
			old, oldToo = live.DeepCopy(), live.DeepCopy()
		}
		managers[sub][0].Track(old, next, who, now)
		managers[sub][1].Track(oldToo, want, who, now)
		steps["written"]++
		if asked == 0 {
			steps["quick"]++
		}
		if got, want := shownOwners(next, now), shownOwners(want, now); got != want {
			t.Fatalf("%s by %s:\n%s want\n%s\nlive %s\nnext %s\n%s", sub, who, got, want, textOf(t, live), textOf(t, next), text)
		}
		live = next
		entries := live.GetManagedFields()
		for i := range entries {
			entries[i].Time = &metav1.Time{Time: time.Unix(1700000000, 0)}
		}
		// All are of one time now, and lie in the order that follows.
		slices.SortFunc(entries, func(a, b metav1.ManagedFieldsEntry) int {
			return cmp.Or(cmp.Compare(a.Manager, b.Manager), cmp.Compare(a.Subresource, b.Subresource))
		})
		live.SetManagedFields(entries)
		live.SetUID("u")
		if len(entries) == 0 {
			steps["forgotten"]++
			return
		}
	}
}

// libraryOwners is apimachinery's manager for definitions, over the merge schema.
type libraryOwners struct{ s *Schema }

func (l libraryOwners) ObjectToTyped(o runtime.Object, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	t, err := l.s.MergeType()
	if err != nil {
		return nil, err
	}
	return t.FromUnstructured(o.(*unstructured.Unstructured).Object, options...)
}

func (l libraryOwners) TypedToObject(v *typed.TypedValue) (runtime.Object, error) {
	return &unstructured.Unstructured{Object: v.AsValue().Unstructured().(map[string]any)}, nil
}

func (l libraryOwners) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in.DeepCopyObject(), nil
}

func (l libraryOwners) Convert(_, _, _ any) error { return errors.New("not asked for") }

func (l libraryOwners) ConvertFieldLabel(kschema.GroupVersionKind, string, string) (string, string, error) {
	return "", "", errors.New("not asked for")
}

func (l libraryOwners) Default(o runtime.Object) { l.s.Default(o.(*unstructured.Unstructured).Object) }

func (l libraryOwners) New(gvk kschema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(gvk)
	return u, nil
}

// appliesSteps has several managers apply configurations to an object, and compares what becomes of it with what the library makes.
func appliesSteps(t *testing.T, r *random, s map[string]any, steps map[string]int) {
	t.Helper()
	text, asked := textOf(t, s), 0
	of := newSchema(text)
	own := ownersOf(of, true, "", &asked)
	l := libraryOwners{of}
	reset := map[fieldpath.APIVersion]*fieldpath.Set{fieldpath.APIVersion(gadget.GroupVersion().String()): fieldpath.NewSet(fieldpath.MakePathOrDie("status"))}
	library, err := managedfields.NewDefaultCRDFieldManager(l, l, l, l, gadget, gadget.GroupVersion(), "", fieldpath.NewExcludeFilterSetMap(reset))
	if err != nil {
		t.Fatal(err)
	}
	var live *unstructured.Unstructured
	last := map[string]map[string]any{}
	for range 8 {
		configuration := r.resource(s)
		configuration["metadata"] = map[string]any{"name": "a", "labels": map[string]any{r.one("a", "b").(string): r.one("x", "y")}}
		if live != nil && r.chance(40) {
			configuration, _ = r.changed(runtime.DeepCopyJSON(live.Object), s, 4).(map[string]any)
			if configuration == nil || configuration["kind"] != gadget.Kind {
				continue
			}
			configuration["metadata"] = map[string]any{"name": "a"}
		}
		who, force, now := "m"+strconv.Itoa(r.Intn(3)), r.chance(50), time.Now().UTC()
		again := last[who] != nil && r.chance(50)
		if again {
			configuration = last[who]
		}
		a := resource.Applied{Configuration: runtime.DeepCopyJSON(configuration), Manager: who, Force: force}
		old := runtime.Object(&unstructured.Unstructured{Object: map[string]any{"apiVersion": gadget.GroupVersion().String(), "kind": gadget.Kind}})
		if live != nil {
			a.Live, old = live.DeepCopy(), live.DeepCopy()
			a.Text = func() ([]byte, error) { return []byte(textOf(t, live)), nil }
		}
		asked = 0
		got, err := own.Apply(a, now)
		want, wantErr := library.Apply(old, &unstructured.Unstructured{Object: runtime.DeepCopyJSON(configuration)}, who, force)
		if textOf(t, a.Configuration) != textOf(t, configuration) || live != nil && textOf(t, a.Live) != textOf(t, live) {
			t.Fatal("an apply changed what it was given")
		}
		steps["applied"]++
		if again {
			steps["again"]++
		}
		if asked == 0 {
			steps["quick"]++
		}
		if err != nil || wantErr != nil {
			// Which faults of a configuration the library tells of depends on the order of Go's maps.
			if err == nil || wantErr == nil || apierrors.IsConflict(wantErr) && err.Error() != wantErr.Error() {
				t.Fatalf("apply: %v, want %v\n%s\n%s", err, wantErr, textOf(t, configuration), text)
			}
			steps["refused"]++
			continue
		}
		a1, b1 := got.(*unstructured.Unstructured), want.(*unstructured.Unstructured)
		if got, want := shownOwners(a1, now), shownOwners(b1, now); got != want {
			t.Fatalf("owners after an apply by %s:\n%s want\n%s\nlive %s\nwanted %s\n%s", who, got, want, textOf(t, live), textOf(t, configuration), text)
		}
		a2, b2 := a1.DeepCopy(), b1.DeepCopy()
		a2.SetManagedFields(nil)
		b2.SetManagedFields(nil)
		if got, want := textOf(t, a2), textOf(t, b2); got != want {
			t.Fatalf("apply by %s: %s, want %s\nlive %s\nwanted %s\n%s", who, got, want, textOf(t, live), textOf(t, configuration), text)
		}
		live, last[who] = a1, configuration
		live.SetUID("u")
		entries := live.GetManagedFields()
		for i := range entries {
			entries[i].Time = &metav1.Time{Time: time.Unix(1700000000, 0)}
		}
		slices.SortFunc(entries, func(a, b metav1.ManagedFieldsEntry) int {
			return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Manager, b.Manager))
		})
		live.SetManagedFields(entries)
	}
}

// TestAppliesAsTheLibrary: server-side apply makes of an object what the library makes of it, in the same words where it refuses.
func TestAppliesAsTheLibrary(t *testing.T) {
	steps := map[string]int{}
	for i := range rounds(t, 80) {
		r := &random{Rand: rand.New(rand.NewSource(int64(i)))}
		appliesSteps(t, r, r.schema(4, true), steps)
	}
	t.Log(steps)
	if steps["quick"]*8 < steps["again"] {
		t.Error("nodes were sure of too little")
	}
	if steps["refused"] == 0 || steps["refused"]*2 > steps["applied"] {
		t.Error("too many or too few were refused")
	}
}

// TestOwnersAsTheLibrary: who owns which field is found by nodes as by the library.
func TestOwnersAsTheLibrary(t *testing.T) {
	steps := map[string]int{}
	for i := range rounds(t, 120) {
		r := &random{Rand: rand.New(rand.NewSource(int64(i)))}
		ownersSteps(t, r, r.schema(4, true), steps)
	}
	t.Log(steps)
	if steps["quick"]*2 < steps["written"] {
		t.Error("nodes were sure of too little")
	}
}
