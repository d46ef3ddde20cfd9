package core

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

func invalidService(name string, errs field.ErrorList) error {
	return rules.Refuse(schema.GroupKind{Kind: "Service"}, name, errs)
}

// families sets the IP families and the policy of a service: the given ones, those of its addresses, or the cluster's primary one.
// old is nil for a create.
func (s *serviceStrategy) families(svc, old *corev1.Service) error {
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
		if f := kind.FamilyOf(ip); s.ips.Serves(f) {
			spec.IPFamilies = append(spec.IPFamilies, f)
		} else {
			errs = append(errs, field.Invalid(field.NewPath("spec", "clusterIPs").Index(i), spec.ClusterIPs, fmt.Sprintf("%s is not configured on this cluster", f)))
		}
	}
	if len(errs) > 0 {
		return invalidService(svc.Name, errs)
	}
	if bare {
		// Endpoints without a selector may have both families, even in a single-stack cluster.
		if len(spec.IPFamilies) == 0 {
			spec.IPFamilies = []string{s.ips.Primary()}
		}
		if len(spec.IPFamilies) < 2 && policy(svc) != singleStack {
			spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
		}
		return nil
	}
	dual := s.ips.Serves(kind.IPv4) && s.ips.Serves(kind.IPv6)
	if policy(svc) == requireDual && !dual {
		errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilyPolicy"), spec.IPFamilyPolicy, "this cluster is not configured for dual-stack services"))
	}
	for i, f := range spec.IPFamilies {
		if f != kind.IPv4 && f != kind.IPv6 {
			errs = append(errs, field.NotSupported(field.NewPath("spec", "ipFamilies").Index(i), f, []string{kind.IPv4, kind.IPv6}))
		} else if !s.ips.Serves(f) {
			errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilies").Index(i), f, "not configured on this cluster"))
		}
	}
	if len(errs) > 0 {
		return invalidService(svc.Name, errs)
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []string{s.ips.Primary()}
	}
	if policy(svc) != singleStack && len(spec.IPFamilies) == 1 && dual {
		spec.IPFamilies = append(spec.IPFamilies, otherFamily(spec.IPFamilies[0]))
	}
	return nil
}

// stackChange validates changes between single-stack and dual-stack.
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

// staysPreferDual reports whether the policy stays PreferDualStack; then the service keeps its families.
func staysPreferDual(svc, old *corev1.Service) bool {
	return svc.Spec.IPFamilyPolicy != nil && svc.Spec.Type == old.Spec.Type && svc.Spec.Type != externalName &&
		policy(svc) == preferDual && (old.Spec.IPFamilyPolicy == nil || policy(old) == preferDual) &&
		slices.Equal(svc.Spec.ClusterIPs, old.Spec.ClusterIPs) && slices.Equal(svc.Spec.IPFamilies, old.Spec.IPFamilies)
}

// clusterIPFields validates the addresses and families.
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
		if kind.FamilyOf(ip) == "unknown" {
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
	if n := len(spec.ClusterIPs); n > 1 && kind.FamilyOf(spec.ClusterIPs[0]) == kind.FamilyOf(spec.ClusterIPs[1]) {
		errs = append(errs, field.Invalid(ips, spec.ClusterIPs, "may specify no more than one IP for each IP family"))
	}
	if isHeadless(svc) {
		return errs
	}
	for i, ip := range spec.ClusterIPs {
		if i < len(spec.IPFamilies) && kind.FamilyOf(ip) != spec.IPFamilies[i] && slices.Contains([]string{"IPv4", "IPv6"}, spec.IPFamilies[i]) {
			errs = append(errs, field.Invalid(ips.Index(i), ip, fmt.Sprintf("expected an %s value as indicated by `ipFamilies[%v]`", spec.IPFamilies[i], i)))
		}
	}
	return errs
}

// readDefaults sets clusterIPs and ipFamilies of a service that was stored before these fields existed.
func (s *serviceStrategy) readDefaults(svc *corev1.Service) {
	spec := &svc.Spec
	if spec.ClusterIP != "" && len(spec.ClusterIPs) == 0 {
		spec.ClusterIPs = []string{spec.ClusterIP}
	}
	if spec.Type == externalName {
		spec.InternalTrafficPolicy = nil
		return
	}
	if len(spec.IPFamilies) > 0 {
		return
	}
	set := func(p string, families ...string) { spec.IPFamilyPolicy, spec.IPFamilies = &p, families }
	primary := s.ips.Primary()
	switch {
	case spec.ClusterIP == headlessIP && len(spec.Selector) == 0:
		set(requireDual, primary, otherFamily(primary))
	case spec.ClusterIP == headlessIP:
		set(singleStack, primary)
	case len(spec.ClusterIPs) == 2:
		set(requireDual, kind.FamilyOf(spec.ClusterIPs[0]), kind.FamilyOf(spec.ClusterIPs[1]))
	case len(spec.ClusterIPs) == 1:
		set(singleStack, kind.FamilyOf(spec.ClusterIPs[0]))
	}
}

func otherFamily(f string) string {
	if f == kind.IPv4 {
		return kind.IPv6
	}
	return kind.IPv4
}

// backfill copies allocated values that the writer has left out, so that a PUT of a manifest does not release them.
func backfill(svc, old *corev1.Service) {
	now, was := &svc.Spec, &old.Spec
	if now.Type != externalName && was.Type != externalName {
		if now.ClusterIP == "" {
			now.ClusterIP = was.ClusterIP
		}
		if len(now.ClusterIPs) == 0 {
			now.ClusterIPs = slices.Clone(was.ClusterIPs)
		}
	}
	if allocatesNodePorts(svc) && allocatesNodePorts(old) {
		asked := map[int32]bool{}
		for _, p := range now.Ports {
			asked[p.NodePort] = true
		}
		// By port name, of which there are no duplicates.
		byName := map[string]int32{}
		for _, p := range was.Ports {
			byName[p.Name] = p.NodePort
		}
		for i := range now.Ports {
			p := &now.Ports[i]
			if port := byName[p.Name]; p.NodePort == 0 && !asked[port] {
				p.NodePort = port
			}
		}
	}
	if needsHealthPort(svc) && needsHealthPort(old) && now.HealthCheckNodePort == 0 {
		now.HealthCheckNodePort = was.HealthCheckNodePort
	}
}

// syncClusterIPs updates clusterIPs for a writer that changes clusterIP only.
func syncClusterIPs(svc, old *corev1.Service) {
	now, was := &svc.Spec, &old.Spec
	if len(now.ClusterIPs) == 0 && now.ClusterIP == was.ClusterIP {
		now.ClusterIPs = slices.Clone(was.ClusterIPs)
	}
	if now.ClusterIP == was.ClusterIP || !slices.Equal(now.ClusterIPs, was.ClusterIPs) {
		return
	}
	if now.ClusterIP == "" {
		now.ClusterIPs = nil
	} else {
		now.ClusterIPs = []string{now.ClusterIP}
	}
}

// dropForType clears fields of the old type that the new type does not have, unless the writer has changed them; validation
// refuses those.
func dropForType(svc, old *corev1.Service) {
	now, was := &svc.Spec, &old.Spec
	if was.Type != externalName && now.Type == externalName {
		if now.ClusterIP == was.ClusterIP && slices.Equal(now.ClusterIPs, was.ClusterIPs) {
			now.ClusterIP, now.ClusterIPs = "", nil
		}
		if slices.Equal(now.IPFamilies, was.IPFamilies) {
			now.IPFamilies = nil
		}
		if policy(svc) == policy(old) {
			now.IPFamilyPolicy = nil
		}
	}
	if needsNodePorts(old) && !needsNodePorts(svc) && subsetOfPorts(now.Ports, was.Ports) {
		for i := range now.Ports {
			now.Ports[i].NodePort = 0
		}
	}
	if needsHealthPort(old) && !needsHealthPort(svc) && now.HealthCheckNodePort == was.HealthCheckNodePort {
		now.HealthCheckNodePort = 0
	}
	if was.Type == loadBalancer && now.Type != loadBalancer {
		if a, b := now.AllocateLoadBalancerNodePorts, was.AllocateLoadBalancerNodePorts; a != nil && b != nil && *a == *b {
			now.AllocateLoadBalancerNodePorts = nil
		}
		if kind.SamePointed(now.LoadBalancerClass, was.LoadBalancerClass) {
			now.LoadBalancerClass = nil
		}
	}
	if external(old) && !external(svc) && now.ExternalTrafficPolicy == was.ExternalTrafficPolicy {
		now.ExternalTrafficPolicy = ""
	}
	if now.Type != loadBalancer {
		svc.Status.LoadBalancer = corev1.LoadBalancerStatus{}
	}
}

func subsetOfPorts(now, was []corev1.ServicePort) bool {
	old := map[int32]bool{0: true}
	for _, p := range was {
		old[p.NodePort] = true
	}
	return !slices.ContainsFunc(now, func(p corev1.ServicePort) bool { return !old[p.NodePort] })
}
