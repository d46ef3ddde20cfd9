package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
)

func parse(t *testing.T, s string) M {
	t.Helper()
	var m M
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, ours, theirs string
		want               []string
	}{
		{"equal", `{"type": "string"}`, `{"type": "string"}`, nil},
		{"prose does not count", `{"type": "string"}`, `{"type": "string", "description": "text", "info": {"version": "1"}}`, nil},
		{"a property called description counts", `{"properties": {}}`, `{"properties": {"description": {"type": "string"}}}`,
			[]string{`missing d/properties/description theirs {"type":"string"}`}},
		{"a reference alone and in an allOf are one", `{"allOf": [{"$ref": "#/a"}]}`, `{"$ref": "#/a"}`, nil},
		{"a reference with a default", `{"allOf": [{"$ref": "#/a"}], "default": {}}`, `{"allOf": [{"$ref": "#/b"}], "default": {}}`,
			[]string{`different d/$ref ours "#/a" theirs "#/b"`}},
		{"cbor is not served", `{}`, `{"application/cbor": {}, "application/apply-patch+cbor": {}}`, nil},
		{"an added constraint", `{"maxLength": 63}`, `{}`, []string{`added d/maxLength ours 63`}},
		{"a lost constraint", `{}`, `{"enum": ["a"]}`, []string{`missing d/enum theirs ["a"]`}},
		{"an added default", `{"default": 3}`, `{}`, []string{`added d/default ours 3`}},
		{"a default in place of the zero value", `{"default": 3}`, `{"default": 0}`, []string{`added d/default ours 3 theirs 0`}},
		{"another default", `{"default": 3}`, `{"default": 4}`, []string{`different d/default ours 3 theirs 4`}},
		{"an unknown key of ours", `{"x-proto": 1}`, `{}`, []string{`extra d/x-proto ours 1`}},
		{"lists by element", `{"a": [1, 2]}`, `{"a": [1, 3]}`, []string{`different d/a[1] ours 2 theirs 3`}},
		{"lists of other length", `{"a": [1]}`, `{"a": [1, 3]}`, []string{`different d/a ours [1] theirs [1,3]`}},
		{"an object in place of a value", `{"a": {}}`, `{"a": 1}`, []string{`different d/a ours {} theirs 1`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := normal(parse(t, c.ours)).(M), normal(parse(t, c.theirs)).(M)
			var got []string
			for _, d := range compareAll(Documents{"d": ours}, Documents{"d": theirs}) {
				got = append(got, d.String())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestGolden(t *testing.T) {
	want := Documents{"api/v1": parse(t, `{"paths": {"/a": {"get": {"tags": ["x"]}}}}`)}
	path := filepath.Join(t.TempDir(), "golden.gz")
	if err := writeGolden(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := readGolden(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
