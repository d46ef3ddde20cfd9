package columns

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func configMapData(c *corev1.ConfigMap) int64 { return int64(len(c.Data) + len(c.BinaryData)) }

func quotaRequests(q *corev1.ResourceQuota) string { return quota(q, false) }

func quotaLimits(q *corev1.ResourceQuota) string { return quota(q, true) }

// quota lists used and hard amounts of the resources whose name starts with limits., or of the others.
func quota(q *corev1.ResourceQuota, limits bool) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(q.Status.Hard)) {
		if strings.HasPrefix(name, "limits.") == limits {
			used, hard := q.Status.Used[name], q.Status.Hard[name]
			out = append(out, name+": "+used.String()+"/"+hard.String())
		}
	}
	return strings.Join(out, ", ")
}

// healthy gets the status of the condition Healthy.
func healthy(v values, _ time.Time) any {
	switch {
	case v[0] == nil:
		return "Unknown"
	case v.Text(0) == "True":
		return "Healthy"
	}
	return "Unhealthy"
}
