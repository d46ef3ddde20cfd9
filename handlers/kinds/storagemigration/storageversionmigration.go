package storagemigration

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var migrations = kind.Kind{
	Group: "storagemigration.k8s.io", Resource: "storageversionmigrations",
	Cells: kind.Cells{
		"migrationResource": kind.CellOfValues(migrationResource),
		"migrationStatus":   kind.CellOfValues(migrationStatus),
	},
}

// migrationResource gets group and resource.
func migrationResource(v kind.Values, _ time.Time) any {
	return kind.GroupResource(v.Text(0), v.Text(1))
}

// migrationStatus gets the conditions.
func migrationStatus(v kind.Values, _ time.Time) any {
	conditions, _ := v[0].([]metav1.Condition)
	status := "Unknown"
	for _, c := range conditions {
		if c.Status == metav1.ConditionTrue && (c.Type == "Running" || c.Type == "Failed" || c.Type == "Succeeded") {
			status = c.Type
		}
	}
	return status
}
