package strategy

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

func invalidService(name string, errs field.ErrorList) error {
	return rules.Refuse(schema.GroupKind{Kind: "Service"}, name, errs)
}

// families decides on the address families of a service: those that it asks for, those of its addresses, or the
// cluster's first. old is nil for a create.
func (s *services) families(svc, old *corev1.Service) error {
	spec := &svc.Spec
	if spec.Type == externalName || old != nil && staysPreferDual(svc, old) {
		return nil
	}
	bare := spec.ClusterIP == headlessIP && len(spec.Selector) == 0
	if spec.IPFamilyPolicy == nil {
		p := singleStack
		switch {
		case old != nil && old.Spec.IPFamilyPolicy != nil:
			p = *old.Spec.IPFamilyPolicy
		case bare:
			p = requireDual
		}
		spec.IPFamilyPolicy = &p
	}
	if errs := clusterIPFields(svc); len(errs) > 0 {
		return invalidService(svc.Name, errs)
	}
	errs := stackChange(svc, old)
	for i, ip := range spec.ClusterIPs {
		if ip == headlessIP {
			break
		}
		if i < len(spec.IPFamilies) {
			continue
		}
		if f := familyOf(ip); s.ips.serves(f) {
			spec.IPFamilies = append(spec.IPFamilies, f)
		} else {
			errs = append(errs, field.Invalid(field.NewPath("spec", "clusterIPs").Index(i), spec.ClusterIPs, fmt.Sprintf("%s is not configured on this cluster", f)))
		}
	}
	if len(errs) > 0 {
		return invalidService(svc.Name, errs)
	}
	if bare {
		// Whoever makes the endpoints by hand may use both families, whatever the cluster has.
		if len(spec.IPFamilies) == 0 {
			spec.IPFamilies = []string{s.ips.primary()}
		}
		if len(spec.IPFamilies) < 2 && policy(svc) != singleStack {
			spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
		}
		return nil
	}
	dual := s.ips.serves(ipv4) && s.ips.serves(ipv6)
	if policy(svc) == requireDual && !dual {
		errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilyPolicy"), spec.IPFamilyPolicy, "this cluster is not configured for dual-stack services"))
	}
	for i, f := range spec.IPFamilies {
		if f != ipv4 && f != ipv6 {
			errs = append(errs, field.NotSupported(field.NewPath("spec", "ipFamilies").Index(i), f, []string{ipv4, ipv6}))
		} else if !s.ips.serves(f) {
			errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilies").Index(i), f, "not configured on this cluster"))
		}
	}
	if len(errs) > 0 {
		return invalidService(svc.Name, errs)
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []string{s.ips.primary()}
	}
	if policy(svc) != singleStack && len(spec.IPFamilies) == 1 && dual {
		spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
	}
	return nil
}

// stackChange judges going from one family to two and back.
func stackChange(svc, old *corev1.Service) (errs field.ErrorList) {
	spec, path := &svc.Spec, field.NewPath("spec", "ipFamilyPolicy")
	single := policy(svc) == singleStack
	if old != nil && single {
		if slices.Equal(spec.ClusterIPs, old.Spec.ClusterIPs) && len(spec.ClusterIPs) > 1 {
			spec.ClusterIPs = spec.ClusterIPs[:1]
		}
		if slices.Equal(spec.IPFamilies, old.Spec.IPFamilies) && len(spec.IPFamilies) > 1 {
			spec.IPFamilies = spec.IPFamilies[:1]
		}
	} else if old != nil {
		if n := len(spec.ClusterIPs); n > 0 && n < len(old.Spec.ClusterIPs) {
			errs = append(errs, field.Invalid(path, spec.IPFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"))
		}
		if n := len(spec.IPFamilies); n > 0 && n < len(old.Spec.IPFamilies) {
			errs = append(errs, field.Invalid(path, spec.IPFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"))
		}
	}
	if single && len(spec.ClusterIPs) == 2 {
		errs = append(errs, field.Invalid(path, spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
	}
	if single && len(spec.IPFamilies) == 2 {
		errs = append(errs, field.Invalid(path, spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
	}
	return errs
}

// staysPreferDual: such a service keeps the families that it got, even if the cluster has got more since.
func staysPreferDual(svc, old *corev1.Service) bool {
	return svc.Spec.IPFamilyPolicy != nil && svc.Spec.Type == old.Spec.Type && svc.Spec.Type != externalName &&
		policy(svc) == preferDual && (old.Spec.IPFamilyPolicy == nil || policy(old) == preferDual) &&
		slices.Equal(svc.Spec.ClusterIPs, old.Spec.ClusterIPs) && slices.Equal(svc.Spec.IPFamilies, old.Spec.IPFamilies)
}

// clusterIPFields finds faults in the addresses and families themselves.
func clusterIPFields(svc *corev1.Service) (errs field.ErrorList) {
	spec := &svc.Spec
	if spec.Type == externalName {
		return nil
	}
	ips, families := field.NewPath("spec", "clusterIPs"), field.NewPath("spec", "ipFamilies")
	switch {
	case spec.ClusterIP != "" && len(spec.ClusterIPs) == 0:
		errs = append(errs, field.Required(ips, ""))
	case spec.ClusterIP != "" && spec.ClusterIPs[0] != spec.ClusterIP:
		errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "first value must match `clusterIP`"))
	case spec.ClusterIP == "" && len(spec.ClusterIPs) > 0:
		errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "must be empty when `clusterIP` is not specified"))
	}
	seen := make(map[string]bool, len(spec.IPFamilies))
	for i, f := range spec.IPFamilies {
		if seen[f] {
			errs = append(errs, field.Duplicate(families.Index(i), f))
		}
		seen[f] = true
	}
	bad := false
	for i, ip := range spec.ClusterIPs {
		if i == 0 && ip == headlessIP {
			if len(spec.ClusterIPs) > 1 {
				bad = true
				errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "'None' must be the first and only value"))
			}
			continue
		}
		if familyOf(ip) == "unknown" {
			bad = true
			errs = append(errs, field.Invalid(ips.Index(i), ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
		}
	}
	if len(spec.ClusterIPs) > 2 {
		errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "may only hold up to 2 values"))
	}
	if bad {
		return errs
	}
	if n := len(spec.ClusterIPs); n > 1 && familyOf(spec.ClusterIPs[0]) == familyOf(spec.ClusterIPs[1]) {
		errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "may specify no more than one IP for each IP family"))
	}
	if isHeadless(svc) {
		return errs
	}
	for i, ip := range spec.ClusterIPs {
		if i < len(spec.IPFamilies) && familyOf(ip) != spec.IPFamilies[i] && slices.Contains([]string{"IPv4", "IPv6"}, spec.IPFamilies[i]) {
			errs = append(errs, field.Invalid(ips.Index(i), ip, fmt.Sprintf("expected an %s value as indicated by `ipFamilies[%v]`", spec.IPFamilies[i], i)))
		}
	}
	return errs
}
