package noderestriction

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// ownNode lets a node write itself, except for what would draw other pods to it or give it more rights.
func (r *request) ownNode() error {
	if r.Name != r.node {
		return r.refuse("node %q is not allowed to modify node %q", r.node, r.Name)
	}
	if r.Operation != admission.Create && r.Operation != admission.Update {
		return nil
	}
	node, ok := r.Object.(*corev1.Node)
	if !ok {
		return r.unexpected(r.Object)
	}
	if r.Operation == admission.Create {
		if node.Spec.ConfigSource != nil {
			return r.refuse("node %q is not allowed to create pods with a non-nil configSource", r.node)
		}
		if labels := forbidden(node.Labels, nil); len(labels) > 0 {
			return r.refuse("node %q is not allowed to set the following labels: %s", r.node, strings.Join(labels, ", "))
		}
		return nil
	}
	old, ok := r.Old.(*corev1.Node)
	if !ok {
		return r.unexpected(r.Old)
	}
	switch {
	case node.Spec.ConfigSource != nil && !equality.Semantic.DeepEqual(node.Spec.ConfigSource, old.Spec.ConfigSource):
		return r.refuse("node %q is not allowed to update configSource to a new non-nil configSource", r.node)
	case !equality.Semantic.DeepEqual(node.Spec.Taints, old.Spec.Taints):
		return r.refuse("node %q is not allowed to modify taints", r.node)
	case !equality.Semantic.DeepEqual(node.OwnerReferences, old.OwnerReferences):
		return r.refuse("node %q is not allowed to modify ownerReferences", r.node)
	}
	if labels := forbidden(node.Labels, old.Labels); len(labels) > 0 {
		return r.refuse("is not allowed to modify labels: %s", strings.Join(labels, ", "))
	}
	return nil
}

// forbidden are the changed labels that are not the kubelet's to set, sorted.
func forbidden(now, before map[string]string) (names []string) {
	for name, value := range now {
		if old, was := before[name]; (!was || old != value) && !mayLabel(name) {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, is := now[name]; !is && !mayLabel(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// kubeletLabels are those of Kubernetes that a kubelet sets on its node.
var kubeletLabels = []string{
	"kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
	"failure-domain.beta.kubernetes.io/region", "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
	"kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
}

// mayLabel says whether a kubelet may set a label on its node: its own, and those that are not Kubernetes's.
func mayLabel(name string) bool {
	namespace, _, found := strings.Cut(name, "/")
	if !found {
		return true
	}
	below := func(parent string) bool { return namespace == parent || strings.HasSuffix(namespace, "."+parent) }
	switch {
	case below("node-restriction.kubernetes.io"):
		return false
	case !below("kubernetes.io") && !below("k8s.io"):
		return true
	}
	return slices.Contains(kubeletLabels, name) || below("kubelet.kubernetes.io") || below("node.kubernetes.io")
}
