package plugins

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ExtendedResourceToleration lets pods that ask for an extended resource onto nodes that are kept for it by a taint of its name.
type ExtendedResourceToleration struct{ admission.On }

func newExtendedResourceToleration(*Deps) any {
	return &ExtendedResourceToleration{admission.On{admission.Create, admission.Update}}
}

// Admit implements admission.Mutator.
func (*ExtendedResourceToleration) Admit(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "pods") {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			for name := range list[i].Resources.Requests {
				if isExtendedResource(name) {
					wanted[name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		addToleration(pod, corev1.Toleration{Key: name, Operator: "Exists", Effect: noSchedule})
	}
	return nil
}

// addToleration adds a toleration, or puts it in the place of one that is about the same taint.
func addToleration(pod *corev1.Pod, t corev1.Toleration) {
	list := slices.Clone(pod.Spec.Tolerations)
	found := false
	for i := range list {
		if list[i].Key == t.Key && list[i].Effect == t.Effect && list[i].Operator == t.Operator && list[i].Value == t.Value {
			if object.Equal(&list[i], &t) {
				return
			}
			list[i], found = t, true
		}
	}
	if !found {
		list = append(list, t)
	}
	pod.Spec.Tolerations = list
}

// isExtendedResource says whether a resource is neither Kubernetes' own nor, with the prefix that a quota puts before it, one with
// an impossible name.
func isExtendedResource(name string) bool {
	const ofQuotas = "requests."
	return strings.Contains(name, "/") && !strings.Contains(name, "kubernetes.io/") && !strings.HasPrefix(name, ofQuotas) &&
		len(validation.IsQualifiedName(ofQuotas+name)) == 0
}
