package mutate

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	shared "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// rulebook has what a write to one resource is held to, by the places that may find a fault.
type rulebook struct {
	row      resources.Row
	gvk      schema.GroupVersionKind
	strategy *resource.Strategy
}

func rulebooks() (out []rulebook) {
	make := kinds.Strategies(shared.Deps{})
	for _, row := range resources.Rows {
		gvk := schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
		if resources.Kinds[gvk] != nil && row.Subresource == "" && row.Storage != "" {
			out = append(out, rulebook{row, gvk, make(row)})
		}
	}
	return out
}

// read makes an object of a body, with its defaults; nil when it cannot be read.
func (b *rulebook) read(content map[string]any) object.Object {
	text, err := json.Marshal(content)
	if err != nil {
		return nil
	}
	o := resources.Kinds[b.gvk]()
	if _, err := (codec.Body{Format: codec.JSON, Data: text, Kind: b.gvk}).Decode(o); err != nil {
		return nil
	}
	of, ok := o.(object.Object)
	if !ok {
		return nil
	}
	if fill := kinds.Default(b.gvk); fill != nil {
		fill(of)
	}
	if b.strategy.Default != nil {
		b.strategy.Default(of)
	}
	return of
}

func (b *rulebook) ruled(o object.Object, update bool) object.Object {
	if b.strategy.Ruled == nil {
		return o
	}
	return b.strategy.Ruled(o, update)
}

// create are the faults of a new object, one list for each place that looks for them.
func (b *rulebook) create(o object.Object) [][]*field.Error {
	ctx, s := context.Background(), b.strategy
	if s.PrepareForCreate != nil && s.PrepareForCreate(ctx, &resource.Attempt{Namespace: "ns"}, o) != nil {
		return nil
	}
	out := [][]*field.Error{validation.ObjectMeta(o, b.row.Namespaced, s.ValidateName, field.NewPath("metadata")), kinds.FieldRules().Fields(b.ruled(o, false))}
	out = append(out, s.Check(ctx, o, nil))
	if s.ValidateCreate != nil {
		out = append(out, s.ValidateCreate(ctx, o))
	}
	return out
}

// update are the faults of a changed object.
func (b *rulebook) update(o, old object.Object) [][]*field.Error {
	ctx, s := context.Background(), b.strategy
	o.SetResourceVersion("1")
	old.SetResourceVersion("1")
	if s.PrepareForUpdate != nil && s.PrepareForUpdate(ctx, &resource.Attempt{Namespace: "ns"}, o, old) != nil {
		return nil
	}
	out := [][]*field.Error{
		validation.ObjectMeta(o, b.row.Namespaced, path.ValidatePathSegmentName, field.NewPath("metadata")), validation.ObjectMetaUpdate(o, old),
		kinds.FieldRules().FieldsUpdate(b.ruled(o, true), b.ruled(old, true)), validation.Immutable(o, old),
	}
	out = append(out, s.Check(ctx, o, old))
	if s.ValidateUpdate != nil {
		out = append(out, s.ValidateUpdate(ctx, o, old))
	}
	return out
}

// twice are the faults that are found by two places, or twice by one.
func twice(lists [][]*field.Error) (out []string) {
	seen := map[string]int{}
	for i, l := range lists {
		for _, e := range l {
			text := e.Error()
			if first, known := seen[text]; known && (first != i || !ofElement(e)) {
				out = append(out, fmt.Sprintf("%s (places %d and %d)", text, first, i))
			}
			seen[text] = i
		}
	}
	return out
}

// ofElement says whether upstream reports a fault of an element at its list, map or object, so that two of them look alike.
func ofElement(e *field.Error) bool {
	for _, suffix := range []string{".labels", ".matchLabels", ".annotations", ".resizePolicy", ".projected", "resources.limits", "spec.finalizers", "spec.nodeSelector", ".envFrom", "spec.scopes"} {
		if strings.HasSuffix(e.Field, suffix) {
			return true
		}
	}
	return false
}

// Each rule has one owner: no fault is found by two places, nor twice by one. Nothing that follows would drop the second.
func TestEachFaultIsFoundOnce(t *testing.T) {
	books := rulebooks()
	told := map[string]bool{}
	tell := func(b *rulebook, what string, lists [][]*field.Error) {
		for _, f := range twice(lists) {
			if key := b.row.Resource + b.row.Version + strings.Join(strings.Fields(f)[:1], ""); !told[key] {
				told[key] = true
				t.Errorf("%s/%s %s, %s: %.300s", b.row.Group, b.row.Version, b.row.Resource, what, f)
			}
		}
	}
	for _, good := range all(t) {
		i := slices.IndexFunc(books, func(b rulebook) bool { return b.gvk == good.gvk() })
		if i < 0 || good.row.Subresource != "" || good.row.Storage == "" {
			continue
		}
		b := &books[i]
		in := clone(good.body).(map[string]any)
		if meta, ok := in["metadata"].(map[string]any); ok && b.row.Namespaced {
			meta["namespace"] = "ns"
		}
		for _, c := range spoil(in, reflect.TypeOf(resources.Kinds[b.gvk]()), everywhere) {
			every := uint32(10)
			if testing.Short() {
				every = 100
			}
			if !sampled(c.what, every) {
				continue
			}
			o := b.read(c.object)
			if o == nil {
				continue
			}
			tell(b, c.what, b.create(object.Copy(o)))
			old := b.read(in)
			if old == nil {
				t.Fatalf("%s cannot be read: %v", good.name, in)
			}
			b.create(old)
			tell(b, "updated, "+c.what, b.update(o, old))
		}
	}
	// Kinds without a good object, and what no change of a good one shows.
	for i := range books {
		b := &books[i]
		for _, text := range []string{"", "A b/", "1.2.3.4", strings.Repeat("x", 300), "a"} {
			for _, number := range []float64{-1, 0, 70000} {
				content := junk(reflect.TypeOf(resources.Kinds[b.gvk]()), text, number, 0)
				in, ok := content.(map[string]any)
				if !ok {
					continue
				}
				in["metadata"] = map[string]any{"name": text, "namespace": "ns"}
				delete(in, "status")
				what := fmt.Sprintf("filled with %.10q and %v", text, number)
				if o := b.read(in); o != nil {
					tell(b, what, b.create(object.Copy(o)))
					tell(b, "updated, "+what, b.update(object.Copy(o), o))
				}
			}
		}
	}
}

// junk is JSON for a value of a type in which everything is set: one item in each list, one key in each map.
func junk(t reflect.Type, text string, number float64, depth int) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if depth > 12 {
		return nil
	}
	if special, ok := wellFormed[t.String()]; ok {
		return special
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Bool:
		return number != 0
	case reflect.Int32, reflect.Int64, reflect.Float64:
		return number
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "YQ=="
		}
		x := junk(t.Elem(), text, number, depth+1)
		if x == nil {
			return nil
		}
		return []any{x}
	case reflect.Map:
		if x := junk(t.Elem(), text, number, depth+1); x != nil {
			return map[string]any{text: x}
		}
	case reflect.Struct:
		out := map[string]any{}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "" {
				continue
			}
			if x := junk(f.Type, text, number, depth+1); x != nil {
				out[name] = x
			}
		}
		return out
	}
	return nil
}

// wellFormed are values of types that refuse junk when they are read.
var wellFormed = map[string]any{
	"resource.Quantity": "-1", "v1.Time": "2026-01-02T03:04:05Z", "v1.MicroTime": "2026-01-02T03:04:05.000000Z", "v1.Duration": "1s",
	"intstr.IntOrString": "A b/", "json.RawMessage": map[string]any{"a": 1}, "runtime.RawExtension": map[string]any{"a": 1},
	"v1.FieldsV1": map[string]any{}, "v1.ObjectMeta": map[string]any{"name": "A b/"},
}
