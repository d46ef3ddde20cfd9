package strategy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func serviceParts(o *corev1.Service) (errs field.ErrorList) {
	s := &o.Spec
	if s.Type == externalName && s.ExternalName != "" && s.ExternalName != "." {
		// The dot at the end says that the name is complete.
		name := s.ExternalName
		if name[len(name)-1] == '.' {
			name = name[:len(name)-1]
		}
		errs = append(errs, dnsName(spec.Child("externalName"), name)...)
	}
	if s.ExternalTrafficPolicy != "" && external(o) {
		errs = append(errs, among(spec.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy, "Cluster", "Local")...)
	}
	if s.IPFamilyPolicy != nil && s.Type != externalName {
		errs = append(errs, among(spec.Child("ipFamilyPolicy"), *s.IPFamilyPolicy, preferDual, requireDual, singleStack)...)
	}
	return errs
}
