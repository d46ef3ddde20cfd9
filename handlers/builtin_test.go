package handlers

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
)

// TestGatedRows: a resource behind a feature gate is served with its subresources while the gate is on, and not at all while
// it is off, whatever else is asked to be served.
func TestGatedRows(t *testing.T) {
	everything := func(resources.Row) bool { return true }
	on, err := features.Parse([]string{"GenericWorkload=true"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		features *features.Features
		want     int
	}{{nil, 0}, {on, 2}} {
		groups := map[string]bool{}
		found := 0
		for _, row := range rows(&Options{Served: everything, Features: c.features}) {
			groups[row.Group+"/"+row.Version] = true
			if row.Group == "scheduling.k8s.io" && row.Resource == "podgroups" {
				found++
			}
		}
		if found != c.want || groups["storagemigration.k8s.io/v1beta1"] || !groups["scheduling.k8s.io/v1"] {
			t.Errorf("%d rows of pod groups, want %d: %v", found, c.want, groups)
		}
	}
	if all := rows(&Options{Served: everything}); len(all) >= len(resources.Rows) {
		t.Errorf("all %d rows are served", len(all))
	}
}
