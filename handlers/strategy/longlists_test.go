package strategy

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
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
		"constraints: all but the last of one key": {
			errs: spreadConstraints([]corev1.TopologySpreadConstraint{{TopologyKey: "a"}, {TopologyKey: "b"}, {TopologyKey: "a"}, {TopologyKey: "a", WhenUnsatisfiable: "DoNotSchedule"}, {TopologyKey: "a"}}, path),
			want: []string{"x[0].{topologyKey, whenUnsatisfiable}", "x[2].{topologyKey, whenUnsatisfiable}"}},
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
		"zones twice": {
			errs: zones([]discoveryv1.ForZone{{Name: "a"}, {Name: "b"}, {Name: "a"}, {Name: "a"}}, path), want: []string{"x[2].name", "x[3].name"}},
		"addresses of nodes twice": {
			errs: validateNodeUpdate(&corev1.Node{Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: "a", Address: "b"}, {Type: "a"}, {Type: "a", Address: "b"}}}}, &corev1.Node{}), want: []string{"status.addresses[2]"}},
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

// What a pod needs with its init containers does not depend on how the sum is made.
func TestTogether(t *testing.T) {
	always := "Always"
	of := func(name, amount string, sidecar bool) corev1.Container {
		c := corev1.Container{Resources: corev1.ResourceRequirements{Requests: map[string]resource.Quantity{name: resource.MustParse(amount)}}}
		if sidecar {
			c.RestartPolicy = &always
		}
		return c
	}
	s := &corev1.PodSpec{
		Containers:     []corev1.Container{of("cpu", "2", false), of("memory", "1", false)},
		InitContainers: []corev1.Container{of("cpu", "1", true), of("disk", "7", false), of("memory", "9", false), of("cpu", "5", false), of("cpu", "1", true), of("cpu", "3", false)},
	}
	got := together(s, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
	for name, want := range map[string]string{"cpu": "6", "memory": "9", "disk": "7"} {
		if q := got[name]; q.String() != want {
			t.Errorf("%s: %s, want %s", name, q.String(), want)
		}
	}
}

func TestSidecarsOfManyResources(t *testing.T) {
	always := "Always"
	cost := func(n int) float64 {
		s := &corev1.PodSpec{}
		for i := range n {
			s.InitContainers = append(s.InitContainers, corev1.Container{RestartPolicy: &always,
				Resources: corev1.ResourceRequirements{Requests: map[string]resource.Quantity{"a/" + itoa(int32(i)): resource.MustParse("1")}}})
		}
		return testing.AllocsPerRun(1, func() {
			together(s, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
		})
	}
	if few, many := cost(1000), cost(2000); many > 2.3*few {
		t.Errorf("1,000 cost %.0f allocations, 2,000 cost %.0f", few, many)
	}
}
