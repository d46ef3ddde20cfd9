package columns

import (
	"slices"
	"strings"
	"time"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

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

// claimAccessModes and claimCapacity are those of the volume; an unbound claim has none yet.
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

// phase gets the phase and the deletion time.
func phase(v values, _ time.Time) any {
	if v[1] != nil {
		return "Terminating"
	}
	return v.Text(0)
}

// volumeClass gets the annotations and the class of the spec; the older annotation wins even when it is empty.
func volumeClass(v values, _ time.Time) any {
	if class, ok := v.Pairs(0)["volume.beta.kubernetes.io/storage-class"]; ok {
		return class
	}
	return v.Text(1)
}
