package plugins

import (
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// mergeTolerations joins two lists and leaves out what another toleration covers. Of equal ones the first stays.
func mergeTolerations(first, second []corev1.Toleration) (merged []corev1.Toleration) {
	all := append(first[:len(first):len(first)], second...)
next:
	for i := range all {
		for j := range merged {
			if covers(&merged[j], &all[i]) {
				continue next
			}
		}
		for j := i + 1; j < len(all); j++ {
			if !object.Equal(&all[i], &all[j]) && covers(&all[j], &all[i]) {
				continue next
			}
		}
		merged = append(merged, all[i])
	}
	return merged
}

// covered says whether each toleration is covered by one of a whitelist; an empty one covers all.
func covered(list, whitelist []corev1.Toleration) bool {
	if len(whitelist) == 0 {
		return true
	}
next:
	for i := range list {
		for j := range whitelist {
			if covers(&whitelist[j], &list[i]) {
				continue next
			}
		}
		return false
	}
	return true
}

// covers says whether whatever t tolerates is tolerated by wider, too.
func covers(wider, t *corev1.Toleration) bool {
	if object.Equal(wider, t) {
		return true
	}
	if t.Key != wider.Key && (wider.Key != "" || wider.Operator != "Exists") {
		return false
	}
	if t.Effect != wider.Effect && wider.Effect != "" {
		return false
	}
	if wider.Effect == noExecute && wider.TolerationSeconds != nil && (t.TolerationSeconds == nil || *t.TolerationSeconds > *wider.TolerationSeconds) {
		return false
	}
	switch wider.Operator {
	case "Equal", "":
		return t.Operator == "Equal" && t.Value == wider.Value
	case "Exists":
		return true
	}
	return false
}
