package kinds

import (
	"path"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// Every row gets a strategy, and every path that a row names leads somewhere in its kind.
func TestRows(t *testing.T) {
	of := Strategies(kind.Deps{})
	special := map[string]bool{"pods status.podIPs": true, "pods status.podIP": true, "events source": true, "jobs status.successful": true}
	for _, row := range resources.Rows {
		if of(row) == nil {
			t.Fatalf("%v has no strategy", row)
		}
		for _, f := range row.Fields {
			if p := kind.Compile(row, f); p == nil && !special[row.Resource+" "+f] {
				t.Errorf("%s/%s %s: no field %s", row.Group, row.Version, row.Resource, f)
			}
		}
		if row.Scale != nil {
			for _, p := range []string{row.Scale.SpecReplicas, row.Scale.StatusReplicas, row.Scale.Selector} {
				if kind.Compile(kind.ParentRow(row), p) == nil {
					t.Errorf("%s/%s: no field %s", row.Resource, row.Subresource, p)
				}
			}
		}
	}
}

// What upstream says of rows beyond the usual is said of these, and of no others.
func TestFactsOfRows(t *testing.T) {
	is := map[string]func(resources.Row) bool{
		"orphan": func(r resources.Row) bool { return r.OrphanDependents }, "none": func(r resources.Row) bool { return r.NoDependents },
		"uncached": func(r resources.Row) bool { return r.Uncached }, "lifetime": func(r resources.Row) bool { return r.TTL > 0 },
		"status resets nothing": func(r resources.Row) bool { return r.Subresource == "status" && r.ResetFields == nil },
		"status is not reset": func(r resources.Row) bool {
			status := slices.ContainsFunc(resources.Rows, func(s resources.Row) bool {
				return s.Group == r.Group && s.Version == r.Version && s.Resource == r.Resource && s.Subresource == "status"
			})
			return r.Subresource == "" && status && !slices.Contains(r.ResetFields, "status")
		},
	}
	want := map[string][]string{
		"orphan": {"batch/jobs", "replicationcontrollers"}, "none": {"events", "events.k8s.io/events"},
		"uncached": {"events", "events.k8s.io/events"}, "lifetime": {"events", "events.k8s.io/events"},
		"status is not reset": {"certificates.k8s.io/podcertificaterequests", "scheduling.k8s.io/podgroups"},
	}
	for fact, of := range is {
		var got []string
		for _, row := range resources.Rows {
			if name := path.Join(row.Group, row.Resource, row.Subresource); of(row) && !slices.Contains(got, name) {
				got = append(got, name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want[fact]) {
			t.Errorf("%s: %v, want %v", fact, got, want[fact])
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
		s := Strategies(kind.Deps{})(kindtest.Row(t, c.group, c.version, c.resource, ""))
		if s.ValidateName == nil {
			t.Errorf("%s: no rule", c.resource)
			continue
		}
		if msgs := s.ValidateName(c.name, false); (len(msgs) == 0) != c.want {
			t.Errorf("%s %q: %v, want ok=%v", c.resource, c.name, msgs, c.want)
		}
	}
	if Strategies(kind.Deps{})(kindtest.Row(t, "", "v1", "pods", "")).ValidateName != nil {
		t.Error("pods have a rule of their own")
	}
}
