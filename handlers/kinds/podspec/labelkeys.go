package podspec

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// labelKeys require a selector.
func labelKeys(s *metav1.LabelSelector, keys []string, path *field.Path) (errs field.ErrorList) {
	if len(keys) > 0 && s == nil {
		return field.ErrorList{field.Forbidden(path, "must not be specified when labelSelector is not set")}
	}
	for i, k := range keys {
		errs = append(errs, metavalidation.ValidateLabelName(k, path.Index(i))...)
	}
	return errs
}

// selectedKeys validates matchLabelKeys, whose requirements the server adds to the selector: a key must not have another
// requirement. Like upstream's, faults are reported at the index of the parent.
func selectedKeys(s *metav1.LabelSelector, keys []string, path *field.Path) (errs field.ErrorList) {
	errs = labelKeys(s, keys, path.Child("matchLabelKeys"))
	if s == nil {
		return errs
	}
	taken := make(map[string]bool, len(s.MatchLabels))
	for k := range s.MatchLabels {
		taken[k] = true
	}
	last := make(map[string]int, len(keys))
	for i, k := range keys {
		last[k] = i
	}
	for _, e := range s.MatchExpressions {
		if i, ok := last[e.Key]; ok && taken[e.Key] {
			errs = append(errs, field.Invalid(path.Index(i), e.Key, "exists in both matchLabelKeys and labelSelector"))
		}
		taken[e.Key] = true
	}
	return errs
}

// affinityKeys validates the keys of all pod affinity terms.
func affinityKeys(a *corev1.Affinity, path *field.Path) (errs field.ErrorList) {
	if a == nil {
		return nil
	}
	term := func(t *corev1.PodAffinityTerm, at *field.Path) {
		found := labelKeys(t.LabelSelector, t.MismatchLabelKeys, at.Child("mismatchLabelKeys"))
		errs = append(errs, selectedKeys(t.LabelSelector, t.MatchLabelKeys, at)...)
		errs = append(errs, found...)
		other := make(map[string]bool, len(t.MismatchLabelKeys))
		for _, k := range t.MismatchLabelKeys {
			other[k] = true
		}
		for i, k := range t.MatchLabelKeys {
			if other[k] {
				errs = append(errs, field.Invalid(at.Child("matchLabelKeys").Index(i), k, "exists in both matchLabelKeys and mismatchLabelKeys"))
			}
		}
	}
	terms := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, at *field.Path) {
		for i := range required {
			term(&required[i], at.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i))
		}
		for i := range preferred {
			term(&preferred[i].PodAffinityTerm, at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm"))
		}
	}
	if p := a.PodAffinity; p != nil {
		terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))
	}
	if p := a.PodAntiAffinity; p != nil {
		terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))
	}
	return errs
}
