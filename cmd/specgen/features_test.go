package main

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// featured is a model of one schema with these properties.
func featured(properties map[string]spec.M) spec.Model {
	s := &spec.Schema{Keys: spec.M{}, Props: properties}
	for name := range properties {
		s.Order = append(s.Order, name)
	}
	return spec.Model{"a/v1": &spec.Doc{File: "a/v1", Schemas: map[string]*spec.Schema{"Thing": s}}}
}

func gateMark(gates ...any) spec.M { return spec.M{"type": "string", "x-feature-gates": gates} }

func TestFeatureFaults(t *testing.T) {
	gates := []spec.Gate{{Name: "A", Stage: "alpha"}, {Name: "B", Stage: "beta"}}
	row := featured(nil)
	row["a/v1"].Resources = []spec.Resource{{Name: "things", Line: 3, Gate: "C"}}
	for _, c := range []struct {
		model spec.Model
		want  string
	}{
		{featured(map[string]spec.M{"x": gateMark("C")}), "openapi/a/v1.yaml: Thing.x: no feature gate C in features.yaml"},
		{featured(map[string]spec.M{"x": gateMark("A", "B")}), "Thing.x: x-feature-gates: one gate"},
		{row, "openapi/a/v1.yaml:3: no feature gate C"},
	} {
		if err := writeFeatures(c.model, gates, output{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// TestLockedFeatures: a gate that is always on switches nothing, and one that is always off does.
func TestLockedFeatures(t *testing.T) {
	gates := []spec.Gate{{Name: "On", Enabled: true, Locked: true}, {Name: "Off", Locked: true}}
	out := output{}
	m := featured(map[string]spec.M{"x": gateMark("On"), "y": gateMark("Off")})
	if err := writeFeatures(m, gates, out); err != nil {
		t.Fatal(err)
	}
	methods := string(out["types/a/v1/features.gen.go"])
	if strings.Contains(methods, "in.X") || !strings.Contains(methods, "in.Y = \"\"") {
		t.Error(methods)
	}
	delete(m["a/v1"].Schemas["Thing"].Props, "y")
	m["a/v1"].Schemas["Thing"].Order = []string{"x"}
	out = output{}
	if err := writeFeatures(m, gates, out); err != nil || out["types/a/v1/features.gen.go"] != nil {
		t.Errorf("methods without features: %s %v", out["types/a/v1/features.gen.go"], err)
	}
}
