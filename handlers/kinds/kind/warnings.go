package kind

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// OldLabels are deprecated node labels.
var OldLabels = map[string]string{
	"beta.kubernetes.io/arch":                       `deprecated since v1.14; use "kubernetes.io/arch" instead`,
	"beta.kubernetes.io/os":                         `deprecated since v1.14; use "kubernetes.io/os" instead`,
	"failure-domain.beta.kubernetes.io/region":      `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
	"failure-domain.beta.kubernetes.io/zone":        `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
	"beta.kubernetes.io/instance-type":              `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
	"app.kubernetes.io/created-by":                  `deprecated since v1.9`,
	"scheduler.alpha.kubernetes.io/preferAvoidPods": `deprecated since v1.22; use Taints and Tolerations instead`,
	"node-role.kubernetes.io/master":                `use "node-role.kubernetes.io/control-plane" instead`,
}

// SelectorLabels warns of deprecated node labels in a selector.
func SelectorLabels(s *metav1.LabelSelector, path *field.Path) (out []string) {
	if s == nil {
		return nil
	}
	for i, e := range s.MatchExpressions {
		if msg, old := OldLabels[e.Key]; old {
			out = append(out, Said(path.Child("matchExpressions").Index(i).Child("key"), "%s is %s", e.Key, msg))
		}
	}
	for _, k := range SortedKeys(s.MatchLabels) {
		if msg, old := OldLabels[k]; old {
			out = append(out, Said(path.Child("matchLabels").Child(k), "%s", msg))
		}
	}
	return out
}

// BalancerWarnings warn of load balancer addresses in ambiguous forms.
func BalancerWarnings(n int, ip func(i int) string) (out []string) {
	for i := range n {
		if a := ip(i); a != "" {
			out = append(out, validation.GetWarningsForIP(field.NewPath("status", "loadBalancer", "ingress").Index(i), a)...)
		}
	}
	return out
}

// HostnameWarning warns of names that become part of hostnames and are not DNS labels.
func HostnameWarning(use string, o object.Object) []string {
	msgs := validation.IsDNS1123Label(o.GetName())
	if len(msgs) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("metadata.name: this is used in %s, which can result in surprising behavior; a DNS label is recommended: %v", use, msgs)}
}

// Said is a warning about the field at path.
func Said(path *field.Path, format string, args ...any) string {
	return path.String() + ": " + fmt.Sprintf(format, args...)
}

// SortedKeys are the keys of a map in a deterministic order.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
