package podspec

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// ReplicaCounts requires the labelled, ready and available replicas not to exceed replicas.
func ReplicaCounts(labeled, ready, available, all int32) field.ErrorList {
	return kind.WithinCounts(field.NewPath("status"), kind.AtMost("fullyLabeledReplicas", labeled, all, OfReplicas), kind.AtMost("readyReplicas", ready, all, OfReplicas),
		kind.AtMost("availableReplicas", available, all, OfReplicas), kind.AtMost("availableReplicas", available, ready, OfReady))
}

// Names of counts in errors.
const OfReplicas, OfReady = "status.replicas", "readyReplicas"
