// Package kindtest has helpers for the tests of kinds: strategies as a server makes them, objects from YAML, and the faults that
// a write would get.
package kindtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Time is the fixed time of the tests' clock.
var Time = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Row is the row of a resource of a kind, or of one of its subresources.
func Row(t *testing.T, group, version, name, subresource string) resources.Row {
	t.Helper()
	for _, r := range resources.Rows {
		if r.Group == group && r.Version == version && r.Resource == name && r.Subresource == subresource {
			return r
		}
	}
	t.Fatalf("no row %s/%s %s/%s", group, version, name, subresource)
	return resources.Row{}
}

// Of finds a kind of a group by its resource.
func Of(t *testing.T, kinds []kind.Kind, name string) *kind.Kind {
	t.Helper()
	i := slices.IndexFunc(kinds, func(k kind.Kind) bool { return k.Resource == name })
	if i < 0 {
		t.Fatalf("no kind %s", name)
	}
	return &kinds[i]
}

// Hooks are those of a row without a store, with a fixed clock and random numbers that are always the lowest.
func Hooks(t *testing.T, kinds []kind.Kind, version, name, subresource string) *resource.Strategy {
	t.Helper()
	return HooksWith(t, kinds, kind.Deps{Now: func() time.Time { return Time }, Rand: func(int) int { return 0 }, AllowPrivileged: true}, version, name, subresource)
}

// HooksWith are Hooks of a server.
func HooksWith(t *testing.T, kinds []kind.Kind, d kind.Deps, version, name, subresource string) *resource.Strategy {
	t.Helper()
	k := Of(t, kinds, name)
	d.SetDefaults()
	return k.Make(&d, Row(t, k.Group, version, name, subresource))
}

// Attempt is an attempt to write into the namespace ns.
func Attempt() *resource.Attempt { return &resource.Attempt{Namespace: "ns"} }

// Parse makes an object from YAML.
func Parse[T any](t *testing.T, text string) *T {
	t.Helper()
	o := new(T)
	Decode(t, text, o)
	return o
}

// Decode reads YAML. Unknown fields fail the test.
func Decode(t *testing.T, text string, o any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(text, "\t", " ")), o); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// Messages are the texts of faults.
func Messages(errs field.ErrorList) []string {
	out := []string{}
	for _, e := range errs {
		out = append(out, e.Error())
	}
	return out
}

// Verdict runs the hooks of a create or, with an old object, of an update.
func Verdict(s *resource.Strategy, o, old object.Object) []string {
	var errs field.ErrorList
	run := func(f func(context.Context, object.Object) field.ErrorList) {
		if f != nil {
			errs = append(errs, f(context.Background(), o)...)
		}
	}
	errs = append(errs, s.Check(context.Background(), o, old)...)
	if old == nil {
		run(s.ValidateCreate)
	} else if s.ValidateUpdate != nil {
		errs = append(errs, s.ValidateUpdate(context.Background(), o, old)...)
	} else {
		// The model has all immutable fields of such a kind.
		errs = append(errs, validation.Immutable(o, old)...)
	}
	return Messages(errs)
}

// Case is a create or update with its faults.
type Case struct {
	Version, Resource string
	// Object and Old are YAML; without Old it is a create.
	Object, Old string
	Want        []string
}

// Run compares the faults of each case with the wanted ones.
func Run(t *testing.T, kinds []kind.Kind, cases []Case) {
	t.Helper()
	for _, c := range cases {
		var old object.Object
		if c.Old != "" {
			old = c.object(t, kinds, c.Old)
		}
		got := Verdict(Hooks(t, kinds, c.Version, c.Resource, ""), c.object(t, kinds, c.Object), old)
		if !slices.Equal(got, c.Want) {
			t.Errorf("%s %s:\n%s\nwant\n%s", c.Resource, c.Object, strings.Join(got, "\n"), strings.Join(c.Want, "\n"))
		}
	}
}

func (c Case) object(t *testing.T, kinds []kind.Kind, text string) object.Object {
	t.Helper()
	return Object(t, Row(t, Of(t, kinds, c.Resource).Group, c.Version, c.Resource, ""), text)
}

// Object makes an object of a row's kind from YAML.
func Object(t *testing.T, row resources.Row, text string) object.Object {
	t.Helper()
	o := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]().(object.Object)
	Decode(t, text, o)
	return o
}

// New is a case, for tables.
func New(version, resource, object, old string, want []string) Case {
	return Case{Version: version, Resource: resource, Object: object, Old: old, Want: want}
}

// VerdictOf is Verdict for typed objects, where old may be a nil pointer.
func VerdictOf[T any, P interface {
	*T
	object.Object
}](s *resource.Strategy, o, old P) []string {
	if old == nil {
		return Verdict(s, o, nil)
	}
	return Verdict(s, o, old)
}
