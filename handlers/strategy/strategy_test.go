package strategy

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var (
	background = context.Background()
	someTime   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func rowOf(t *testing.T, group, version, name, subresource string) resources.Row {
	t.Helper()
	for _, r := range resources.Rows {
		if r.Group == group && r.Version == version && r.Resource == name && r.Subresource == subresource {
			return r
		}
	}
	t.Fatalf("no row %s/%s %s/%s", group, version, name, subresource)
	return resources.Row{}
}

// hooks are those of a row without a store behind them.
func hooks(t *testing.T, group, version, name, subresource string) *resource.Strategy {
	t.Helper()
	return New(Deps{Now: func() time.Time { return someTime }, Rand: func(int) int { return 0 }})(rowOf(t, group, version, name, subresource))
}

func parse[T any](t *testing.T, text string) *T {
	t.Helper()
	o := new(T)
	decode(t, text, o)
	return o
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(text, "\t", " ")), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func messages(errs field.ErrorList) []string {
	out := []string{}
	for _, e := range errs {
		out = append(out, e.Error())
	}
	return out
}

// verdict runs what the verbs run for a create, or with an old object for an update.
func verdict(s *resource.Strategy, o, old object.Object) []string {
	var errs field.ErrorList
	run := func(f func(context.Context, object.Object) field.ErrorList) {
		if f != nil {
			errs = append(errs, f(background, o)...)
		}
	}
	run(s.Validate)
	if old == nil {
		run(s.ValidateCreate)
	} else if s.ValidateUpdate != nil {
		errs = append(errs, s.ValidateUpdate(background, o, old)...)
	}
	return messages(errs)
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// verdictOf is verdict for typed objects, where old may be a nil pointer.
func verdictOf[T any, P interface {
	*T
	object.Object
}](s *resource.Strategy, o, old P) []string {
	if old == nil {
		return verdict(s, o, nil)
	}
	return verdict(s, o, old)
}
