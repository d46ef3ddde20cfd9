package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	model "github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
	gates "github.com/gatehouse-dev/gatehouse/gen/features"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// gatedPath is a property behind a gate: the way to it from an object, each step with what surrounds the next ([] or {k:}).
type gatedPath struct {
	row   resources.Row
	gate  string
	steps []step
	value any
}

type step struct {
	name      string
	list, set bool
}

func (p gatedPath) String() string {
	var b strings.Builder
	for _, s := range p.steps {
		b.WriteString("." + s.name)
		if s.list {
			b.WriteString("[*]")
		} else if s.set {
			b.WriteString("[k]")
		}
	}
	return p.row.Kind + b.String() + " (" + p.row.Group + "/" + p.row.Version + ", " + p.gate + ")"
}

// object is one that has nothing but the property.
func (p gatedPath) object(t *testing.T) object.Object {
	t.Helper()
	value := p.value
	for _, s := range slices.Backward(p.steps) {
		switch {
		case s.list:
			value = []any{value}
		case s.set:
			value = map[string]any{"k": value}
		}
		value = map[string]any{s.name: value}
	}
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	o := resources.Kinds[schema.GroupVersionKind{Group: p.row.KindGroup, Version: p.row.KindVersion, Kind: p.row.Kind}]().(object.Object)
	if err := json.Unmarshal(b, o); err != nil {
		t.Fatalf("%v: %s: %v", p, b, err)
	}
	return o
}

// in says whether an object has the property. It reads the JSON and not the generated code.
func (p gatedPath) in(t *testing.T, o object.Object) bool {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var at any
	if err := json.Unmarshal(b, &at); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.steps {
		m, _ := at.(map[string]any)
		if at = m[s.name]; at == nil {
			return false
		}
		switch {
		case s.list:
			at = at.([]any)[0]
		case s.set:
			at = at.(map[string]any)["k"]
		}
	}
	return true
}

// gatedPaths finds in the model every property behind a gate that can be off, for every kind that is stored.
func gatedPaths(t *testing.T) (all []gatedPath) {
	t.Helper()
	api, err := model.Load("../../openapi")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range resources.Rows {
		if row.Subresource != "" || row.Storage == "" {
			continue
		}
		var walk func(file, name string, steps []step, over map[string]bool)
		walk = func(file, name string, steps []step, over map[string]bool) {
			if over[file+"#"+name] || file == "meta/v1" {
				return // a schema within itself has nothing new
			}
			over[file+"#"+name] = true
			defer delete(over, file+"#"+name)
			for _, property := range api[file].Schemas[name].Order {
				p := api[file].Schemas[name].Props[property]
				here := append(slices.Clone(steps), step{name: property, list: p["items"] != nil, set: p["additionalProperties"] != nil})
				if gate := gateOf(p); gate != "" {
					all = append(all, gatedPath{row, gate, here, sample(file, p)})
				}
				if ref := element(p); ref != "" {
					f, n := model.Ref(ref, file)
					walk(f, n, here, over)
				}
			}
		}
		walk(api.File(row.KindGroup, row.KindVersion), row.Kind, nil, map[string]bool{})
	}
	return all
}

func gateOf(p model.M) string {
	list, _ := p["x-feature-gates"].([]any)
	if len(list) == 0 || !slices.Contains(gates.Of, list[0].(string)) {
		return ""
	}
	return list[0].(string)
}

// element is what a property, its elements or its values refer to.
func element(p model.M) string {
	for _, key := range []string{"items", "additionalProperties"} {
		if e, ok := p[key].(model.M); ok {
			p = e
		}
	}
	ref, _ := p["$ref"].(string)
	return ref
}

// sample is a value of a property, or of its elements or values, that is not empty.
func sample(file string, p model.M) any {
	for _, key := range []string{"items", "additionalProperties"} {
		if e, ok := p[key].(model.M); ok {
			p = e
		}
	}
	if ref, ok := p["$ref"].(string); ok {
		f, name := model.Ref(ref, file)
		switch {
		case f != "meta/v1":
			return map[string]any{}
		case name == "Time":
			return "2026-01-02T03:04:05Z"
		case name == "LabelSelector":
			return map[string]any{}
		}
		return "1"
	}
	switch p["type"] {
	case "integer":
		return 1
	case "boolean":
		return true
	}
	return "a"
}

// with switches one gate, and what it needs.
func with(t *testing.T, gate string, on bool) *features.Features {
	t.Helper()
	var values []string
	var add func(name string)
	add = func(name string) {
		for _, g := range gates.Gates {
			if g.Name == name && on {
				values = append(values, name+"=true")
				for _, need := range g.Needs {
					add(need)
				}
			}
			if !on && (g.Name == name || slices.Contains(g.Needs, name)) {
				values = append(values, g.Name+"=false")
			}
		}
	}
	add(gate)
	f, err := features.Parse(values)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestGatedProperties walks every property of the model that a gate switches: dropped while the gate is off, unless the
// object has it; kept while the gate is on.
func TestGatedProperties(t *testing.T) {
	paths := gatedPaths(t)
	found := map[string]bool{}
	for _, p := range paths {
		found[p.gate] = true
		for _, on := range []bool{false, true} {
			drop := DropDisabled(with(t, p.gate, on), p.row)
			create, update, again := p.object(t), p.object(t), p.object(t)
			if !p.in(t, create) {
				t.Fatalf("%v: the test's object has it not", p)
			}
			if drop == nil {
				if !on {
					t.Errorf("%v: nothing is dropped", p)
				}
				continue
			}
			if drop(create, nil); p.in(t, create) != on {
				t.Errorf("%v: create with the gate %t: there %t", p, on, p.in(t, create))
			}
			empty := resources.Kinds[schema.GroupVersionKind{Group: p.row.KindGroup, Version: p.row.KindVersion, Kind: p.row.Kind}]().(object.Object)
			if drop(update, empty); p.in(t, update) != on {
				t.Errorf("%v: update with the gate %t: there %t", p, on, p.in(t, update))
			}
			if drop(again, p.object(t)); !p.in(t, again) {
				t.Errorf("%v: update of one that has it, with the gate %t: there %t", p, on, p.in(t, again))
			}
		}
	}
	for _, gate := range gates.Of {
		if !found[gate] {
			t.Errorf("no property of a stored kind is behind %s", gate)
		}
	}
	if len(paths) < 200 {
		t.Errorf("only %d properties", len(paths))
	}
}

// TestDropEmpty: what was made only for a property that is dropped goes with it, and what has more in it stays.
func TestDropEmpty(t *testing.T) {
	drop := DropDisabled(nil, resources.Row{KindGroup: "apps", KindVersion: "v1", Kind: "StatefulSet"})
	for _, c := range []struct{ lifecycle, want string }{
		{`{"stopSignal": "SIGTERM"}`, `null`},
		{`{"stopSignal": "SIGTERM", "preStop": {"sleep": {"seconds": 1}}}`, `{"preStop":{"sleep":{"seconds":1}}}`},
		{`{}`, `{}`},
	} {
		o := resources.Kinds[schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "StatefulSet"}]().(object.Object)
		if err := json.Unmarshal(fmt.Appendf(nil, `{"spec": {"template": {"spec": {"containers": [{"name": "a", "lifecycle": %s}]}}}}`, c.lifecycle), o); err != nil {
			t.Fatal(err)
		}
		drop(o, nil)
		var got struct {
			Spec struct {
				Template struct {
					Spec struct {
						Containers []struct{ Lifecycle json.RawMessage }
					}
				}
			}
		}
		b, err := json.Marshal(o)
		if err == nil {
			err = json.Unmarshal(b, &got)
		}
		lifecycle := string(got.Spec.Template.Spec.Containers[0].Lifecycle)
		if lifecycle == "" {
			lifecycle = "null"
		}
		if err != nil || lifecycle != c.want {
			t.Errorf("%s: %s, want %s, %v", c.lifecycle, lifecycle, c.want, err)
		}
	}
}

func TestPodGroupFeatures(t *testing.T) {
	drop := DropDisabled(nil, resources.Row{KindGroup: "scheduling.k8s.io", KindVersion: "v1alpha2", Kind: "PodGroup"})
	const text = `{spec: {schedulingPolicy: {basic: {}}, disruptionMode: Pod, priorityClassName: p, priority: 5, resourceClaims: [{name: c}], schedulingConstraints: {}}}`
	o := kindtest.Parse[schedulingv1alpha2.PodGroup](t, text)
	drop(o, nil)
	if p := o.Spec; p.DisruptionMode != nil || p.PriorityClassName != "" || p.Priority != nil || p.ResourceClaims != nil || p.SchedulingConstraints != nil || p.SchedulingPolicy.Basic == nil {
		t.Errorf("%+v", p)
	}
	o, old := kindtest.Parse[schedulingv1alpha2.PodGroup](t, text), kindtest.Parse[schedulingv1alpha2.PodGroup](t, text)
	drop(o, old)
	if p := o.Spec; p.DisruptionMode == nil || p.PriorityClassName == "" || p.Priority == nil || p.ResourceClaims == nil || p.SchedulingConstraints == nil {
		t.Errorf("what the object has already was dropped: %+v", p)
	}
}
