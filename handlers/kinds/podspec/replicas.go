package podspec

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// ReplicaCounts: no more replicas can be labelled, ready or available than there are.
func ReplicaCounts(labeled, ready, available, all int32) field.ErrorList {
	return kind.WithinCounts(field.NewPath("status"), kind.AtMost("fullyLabeledReplicas", labeled, all, OfReplicas), kind.AtMost("readyReplicas", ready, all, OfReplicas),
		kind.AtMost("availableReplicas", available, all, OfReplicas), kind.AtMost("availableReplicas", available, ready, OfReady))
}

// What counts are compared with, in errors.
const OfReplicas, OfReady = "status.replicas", "readyReplicas"
