package core

import (
	"slices"
	"strings"
	"time"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// volumeCells are the functions of columns of persistent volumes and claims.
var volumeCells = kind.Cells{
	"accessModes":      kind.CellOfValues(func(v kind.Values, _ time.Time) any { return accessModes(v.Texts(0)) }),
	"claimAccessModes": kind.CellOf(claimAccessModes),
	"claimCapacity":    kind.CellOf(claimCapacity),
	"phase":            kind.CellOfValues(phase),
	"volumeClass":      kind.CellOfValues(classOfVolume),
}

var accessModeNames = []struct{ mode, short string }{
	{"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"},
}

// accessModes abbreviates access modes in a fixed order.
func accessModes(modes []string) string {
	var out []string
	for _, m := range accessModeNames {
		if slices.Contains(modes, m.mode) {
			out = append(out, m.short)
		}
	}
	return strings.Join(out, ",")
}

// claimAccessModes and claimCapacity are those of the bound volume; empty for an unbound claim.
func claimAccessModes(c *corev1.PersistentVolumeClaim) string {
	if c.Spec.VolumeName == "" {
		return ""
	}
	return accessModes(c.Status.AccessModes)
}

func claimCapacity(c *corev1.PersistentVolumeClaim) string {
	if c.Spec.VolumeName == "" {
		return ""
	}
	q := c.Status.Capacity["storage"]
	return q.String()
}

// phase is the status column; its values are the phase and the deletion timestamp.
func phase(v kind.Values, _ time.Time) any {
	if v[1] != nil {
		return "Terminating"
	}
	return v.Text(0)
}

// classOfVolume is the storage class column; its values are the annotations and the class of the spec. The older annotation takes
// precedence even when it is empty.
func classOfVolume(v kind.Values, _ time.Time) any {
	if class, ok := v.Pairs(0)["volume.beta.kubernetes.io/storage-class"]; ok {
		return class
	}
	return v.Text(1)
}
