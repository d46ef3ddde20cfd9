package core

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Rules about the elements of one list, or of two: which of them are told.
func TestElementsOfLists(t *testing.T) {
	seconds, always := int64(1), "Always"
	ended, running := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}, corev1.ContainerState{}
	path := field.NewPath("x")
	for name, c := range map[string]struct {
		errs field.ErrorList
		want []string
	}{
		"tolerations stay but for their time": {
			errs: addedTolerations([]corev1.Toleration{{Key: "a", TolerationSeconds: &seconds}, {Key: "b"}}, []corev1.Toleration{{Key: "b", TolerationSeconds: &seconds}, {Key: "a"}}, path)},
		"a toleration that is gone": {
			errs: addedTolerations([]corev1.Toleration{{Key: "a", Value: "v"}}, []corev1.Toleration{{Key: "a"}}, path), want: []string{"x"}},
		"gates that were not there": {
			errs: removedGates([]corev1.PodSchedulingGate{{Name: "b"}, {Name: "a"}}, []corev1.PodSchedulingGate{{Name: "a"}}, path), want: []string{"x[0].name"}},
		"claims: unknown and twice": {
			errs: claimStatuses([]corev1.PodResourceClaimStatus{{Name: "a"}, {Name: "b"}, {Name: "a"}}, []corev1.PodResourceClaim{{Name: "a"}}, path), want: []string{"x[1].name", "x[2].name"}},
		"init containers that live again": {
			errs: initRestarts([]corev1.ContainerStatus{{Name: "b", State: running}, {Name: "a", State: running}, {Name: "c", State: ended}},
				[]corev1.ContainerStatus{{Name: "a", State: ended}, {Name: "b", State: ended}, {Name: "c", State: ended}},
				&corev1.PodSpec{RestartPolicy: "Never", InitContainers: []corev1.Container{{Name: "a"}, {Name: "b", RestartPolicy: &always}}}, path), want: []string{"x[0].state"}},
		"addresses of nodes twice": {
			errs: validateNodeUpdate(&corev1.Node{Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: "a", Address: "b"}, {Type: "a"}, {Type: "a", Address: "b"}}}}, &corev1.Node{}), want: []string{"status.addresses[2]"}},
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
