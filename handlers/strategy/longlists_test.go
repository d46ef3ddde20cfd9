package strategy

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
)

// Rules about the elements of one list, or of two: which of them are told.
func TestElementsOfLists(t *testing.T) {
	for name, c := range map[string]struct {
		errs field.ErrorList
		want []string
	}{
		"tolerations of a runtime class": {
			errs: runtimeClassParts(&nodev1.RuntimeClass{Handler: "h", Scheduling: &nodev1.Scheduling{Tolerations: []corev1.Toleration{{Key: "a"}, {Key: "b"}, {Key: "a"}}}}), want: []string{"scheduling.tolerations[2]"}},
		"topologies of a storage class": {
			errs: storageClassParts(&storagev1.StorageClass{Provisioner: "p", AllowedTopologies: []corev1.TopologySelectorTerm{
				{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "a", Values: []string{"1", "2"}}, {Key: "b", Values: []string{"1"}}}},
				{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "b", Values: []string{"1"}}, {Key: "a", Values: []string{"2", "1"}}}},
				{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "a", Values: []string{"1", "1"}}}},
			}}), want: []string{"allowedTopologies[1].matchLabelExpressions", "allowedTopologies[2].matchLabelExpressions[0].values[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range c.errs {
				got = append(got, e.Field)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
