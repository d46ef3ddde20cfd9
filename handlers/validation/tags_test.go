package validation_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
)

// The walk panics on a tag that it does not know, when it first meets the type: the model must not name a rule that does not
// exist.
func TestEveryTagOfTheModelIsARule(t *testing.T) {
	known := map[string]bool{"-": true, "dive": true, "omitempty": true, "nostructlevel": true}
	for _, name := range kinds.FieldRules().Names() {
		known[name] = true
	}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] || !strings.HasPrefix(typ.PkgPath(), "github.com/gatehouse-dev/gatehouse/gen/types/") {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			for tag := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
				name, _, _ := strings.Cut(tag, "=")
				if tag != "" && !known[name] {
					t.Errorf("%v.%s: no rule %q", typ, f.Name, name)
				}
			}
			visit(f.Type)
		}
	}
	for _, newKind := range resources.Kinds {
		visit(reflect.TypeOf(newKind()))
	}
	if len(seen) < 500 {
		t.Errorf("saw only %d types", len(seen))
	}
}

// Whoever writes a model must find the names of the rules.
func TestReadmeNamesEveryRule(t *testing.T) {
	b, err := os.ReadFile("../../openapi/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kinds.FieldRules().Names() {
		if !strings.Contains(string(b), "`"+name+"`") {
			t.Errorf("openapi/README.md does not name %q", name)
		}
	}
}

// Every kind can be walked, however empty it is.
func TestEmptyObjectsOfEveryKind(t *testing.T) {
	for gvk, newKind := range resources.Kinds {
		o := newKind()
		for _, e := range kinds.FieldRules().Part(o, field.NewPath("object")) {
			if e.Type == "InternalError" {
				t.Errorf("%v: %v", gvk, e)
			}
		}
	}
}
