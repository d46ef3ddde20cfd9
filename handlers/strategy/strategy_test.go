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

// Every row gets a strategy, and every path that a row names leads somewhere in its kind.
func TestRows(t *testing.T) {
	of := New(Deps{})
	special := map[string]bool{"pods status.podIPs": true, "pods status.podIP": true, "events source": true, "jobs status.successful": true}
	for _, row := range resources.Rows {
		if of(row) == nil {
			t.Fatalf("%v has no strategy", row)
		}
		for _, f := range row.Fields {
			if p := compile(row, f); p == nil && !special[row.Resource+" "+f] {
				t.Errorf("%s/%s %s: no field %s", row.Group, row.Version, row.Resource, f)
			}
		}
		if row.Scale != nil {
			for _, p := range []string{row.Scale.SpecReplicas, row.Scale.StatusReplicas, row.Scale.Selector} {
				if compile(parentRow(row), p) == nil {
					t.Errorf("%s/%s: no field %s", row.Resource, row.Subresource, p)
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		group, version, resource, name string
		want                           bool
	}{
		{"", "v1", "namespaces", "a-b", true}, {"", "v1", "namespaces", "a.b", false},
		{"", "v1", "services", "1a", true}, {"", "v1", "services", "a.b", false},
		{"apps", "v1", "statefulsets", "a.b", false},
		{"rbac.authorization.k8s.io", "v1", "clusterroles", "system:node:x y", true},
		{"rbac.authorization.k8s.io", "v1", "clusterroles", "a/b", false},
		{"rbac.authorization.k8s.io", "v1", "roles", "a%b", false},
		{"rbac.authorization.k8s.io", "v1", "roles", "..", false},
		{"internal.apiserver.k8s.io", "v1alpha1", "storageversions", "apps.deployments", true},
		{"internal.apiserver.k8s.io", "v1alpha1", "storageversions", "deployments", false},
	} {
		s := hooks(t, c.group, c.version, c.resource, "")
		if s.ValidateName == nil {
			t.Errorf("%s: no rule", c.resource)
			continue
		}
		if msgs := s.ValidateName(c.name, false); (len(msgs) == 0) != c.want {
			t.Errorf("%s %q: %v, want ok=%v", c.resource, c.name, msgs, c.want)
		}
	}
	if hooks(t, "", "v1", "pods", "").ValidateName != nil {
		t.Error("pods have a rule of their own")
	}
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
