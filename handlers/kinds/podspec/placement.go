package podspec

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// placement warns of deprecated node labels, and of nil label selectors, which match no pod.
func placement(s *corev1.PodSpec, path *field.Path) (out []string) {
	for _, k := range kind.SortedKeys(s.NodeSelector) {
		if msg, old := kind.OldLabels[k]; old {
			out = append(out, kind.Said(path.Child("nodeSelector").Key(k), "%s", msg))
		}
	}
	if s.Affinity != nil && s.Affinity.NodeAffinity != nil {
		n, at := s.Affinity.NodeAffinity, path.Child("affinity", "nodeAffinity")
		if r := n.RequiredDuringSchedulingIgnoredDuringExecution; r != nil {
			for i := range r.NodeSelectorTerms {
				out = append(out, NodeTermWarnings(&r.NodeSelectorTerms[i], false, at.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i))...)
			}
		}
		for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			t := &n.PreferredDuringSchedulingIgnoredDuringExecution[i]
			out = append(out, NodeTermWarnings(&t.Preference, true, at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"))...)
		}
	}
	for i, c := range s.TopologySpreadConstraints {
		at := path.Child("topologySpreadConstraints").Index(i)
		if msg, old := kind.OldLabels[c.TopologyKey]; old {
			out = append(out, kind.Said(at.Child("topologyKey"), "%s is %s", c.TopologyKey, msg))
		}
		out = append(out, noSelector(c.LabelSelector, at)...)
	}
	return out
}

func noSelector(s *metav1.LabelSelector, path *field.Path) []string {
	if s != nil {
		return nil
	}
	return []string{kind.Said(path.Child("labelSelector"), "a null labelSelector results in matching no pod")}
}

// podTerms warns about the terms of pod affinity and anti-affinity.
func podTerms(a *corev1.Affinity, path *field.Path) (out []string) {
	terms := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, path *field.Path) {
		for i := range required {
			out = append(out, noSelector(required[i].LabelSelector, path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i))...)
		}
		for i := range preferred {
			out = append(out, noSelector(preferred[i].PodAffinityTerm.LabelSelector, path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm"))...)
		}
	}
	if a == nil {
		return nil
	}
	if p := a.PodAffinity; p != nil {
		terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))
	}
	if p := a.PodAntiAffinity; p != nil {
		terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))
	}
	return out
}

// NodeTermWarnings warns about one term of a node selector. values warns of invalid values, where they are tolerated.
func NodeTermWarnings(t *corev1.NodeSelectorTerm, values bool, path *field.Path) (out []string) {
	for i, e := range t.MatchExpressions {
		at := path.Child("matchExpressions").Index(i)
		if msg, old := kind.OldLabels[e.Key]; old {
			out = append(out, kind.Said(at.Child("key"), "%s is %s", e.Key, msg))
		}
		if !values {
			continue
		}
		for j, v := range e.Values {
			for _, msg := range validation.IsValidLabelValue(v) {
				out = append(out, kind.Said(at.Child("values").Index(j), "%s is invalid, %s", v, msg))
			}
		}
	}
	return out
}
