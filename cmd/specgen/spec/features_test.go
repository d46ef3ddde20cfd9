package spec

import (
	"reflect"
	"strings"
	"testing"
)

func TestLoadFeatures(t *testing.T) {
	got, err := LoadFeatures(folder(t, map[string]string{FeaturesFile: "gates:\n  B: {stage: ga, enabled: true, locked: true, needs: [A]}\n  A: {stage: alpha}\n  C: {stage: beta, enabled: true}\n"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []Gate{{Name: "A", Stage: "alpha"}, {Name: "B", Stage: "ga", Enabled: true, Locked: true, Needs: []string{"A"}}, {Name: "C", Stage: "beta", Enabled: true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for i, switchable := range []bool{true, false, true} {
		if got[i].Switchable() != switchable {
			t.Errorf("%s: switchable %t", got[i].Name, got[i].Switchable())
		}
	}
}

func TestLoadFeaturesFaults(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"gates:\n  A: {stage: stable}", `gate A: line 2: stage "stable"`},
		{"gates:\n  A: {stage: alpha, on: true}", `gate A: line 2: unknown key "on"`},
		{"gates:\n  A: {stage: alpha, needs: [B]}", "gate A: line 2: there is no gate B to need"},
		{"gate: {}", `unknown key "gate"`},
	} {
		if _, err := LoadFeatures(folder(t, map[string]string{FeaturesFile: c.text})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.text, err, c.want)
		}
	}
}
