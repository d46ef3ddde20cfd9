package strategy

import (
	"slices"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// readDefaults completes a service that was stored before it had lists of addresses and families.
func (s *services) readDefaults(svc *corev1.Service) {
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
	primary := s.ips.primary()
	switch {
	case spec.ClusterIP == headlessIP && len(spec.Selector) == 0:
		set(requireDual, primary, otherFamily(primary))
	case spec.ClusterIP == headlessIP:
		set(singleStack, primary)
	case len(spec.ClusterIPs) == 2:
		set(requireDual, familyOf(spec.ClusterIPs[0]), familyOf(spec.ClusterIPs[1]))
	case len(spec.ClusterIPs) == 1:
		set(singleStack, familyOf(spec.ClusterIPs[0]))
	}
}

func otherFamily(f string) string {
	if f == ipv4 {
		return ipv6
	}
	return ipv4
}

// backfill keeps what was allocated when a writer leaves it out, so that a PUT of a manifest does not lose it.
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
		// By the port's name: the last of that name, as there is only one.
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

// syncClusterIPs follows a writer who knows only one of clusterIP and clusterIPs.
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

// dropForType removes what the old type of a service needed and the new does not, unless the writer changed it, too: that
// is for validation to refuse.
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
		if sameText(now.LoadBalancerClass, was.LoadBalancerClass) {
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

func sameText(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
