package core

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

func validateService(svc *corev1.Service) field.ErrorList {
	spec, path := &svc.Spec, field.NewPath("spec")
	errs := serviceType(svc, path)
	errs = append(errs, portRules(svc, path.Child("ports"))...)
	errs = append(errs, affinity(spec, path.Child("sessionAffinityConfig"))...)
	errs = append(errs, clusterIPFields(svc)...)
	for i, ip := range spec.ExternalIPs {
		errs = append(errs, kind.EndpointIP(ip, path.Child("externalIPs").Index(i))...)
	}
	if len(spec.LoadBalancerSourceRanges) > 0 && spec.Type != loadBalancer {
		errs = append(errs, field.Forbidden(path.Child("LoadBalancerSourceRanges"), onlyLoadBalancer))
	} else if sourceRanges := "service.beta.kubernetes.io/load-balancer-source-ranges"; len(spec.LoadBalancerSourceRanges) == 0 && spec.Type != loadBalancer {
		if _, ok := svc.Annotations[sourceRanges]; ok {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", "annotations").Key(sourceRanges), onlyLoadBalancer))
		}
	}
	if spec.AllocateLoadBalancerNodePorts != nil && spec.Type != loadBalancer {
		errs = append(errs, field.Forbidden(path.Child("allocateLoadBalancerNodePorts"), onlyLoadBalancer))
	}
	if spec.LoadBalancerClass != nil && spec.Type != loadBalancer {
		errs = append(errs, field.Forbidden(path.Child("loadBalancerClass"), onlyLoadBalancer))
	}
	switch outside := external(svc); {
	case !outside && spec.ExternalTrafficPolicy != "":
		errs = append(errs, field.Invalid(path.Child("externalTrafficPolicy"), spec.ExternalTrafficPolicy, "may only be set for externally-accessible services"))
	case outside && spec.ExternalTrafficPolicy == "":
		errs = append(errs, field.Required(path.Child("externalTrafficPolicy"), ""))
	}
	if !needsHealthPort(svc) && spec.HealthCheckNodePort != 0 {
		errs = append(errs, field.Invalid(path.Child("healthCheckNodePort"), spec.HealthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
	}
	if spec.InternalTrafficPolicy == nil && (spec.Type == "ClusterIP" || spec.Type == "NodePort" || spec.Type == "LoadBalancer") {
		errs = append(errs, field.Required(path.Child("internalTrafficPolicy"), ""))
	}
	return errs
}

func serviceType(svc *corev1.Service, path *field.Path) (errs field.ErrorList) {
	spec := &svc.Spec
	if len(spec.Ports) == 0 && !isHeadless(svc) && spec.Type != externalName {
		errs = append(errs, field.Required(path.Child("ports"), ""))
	}
	switch spec.Type {
	case loadBalancer, nodePort:
		if isHeadless(svc) {
			errs = append(errs, field.Invalid(path.Child("clusterIPs").Index(0), headlessIP, fmt.Sprintf("may not be set to 'None' for %s services", spec.Type)))
		}
	case externalName:
		const why = "may not be set for ExternalName services"
		if len(spec.ClusterIPs) > 0 {
			errs = append(errs, field.Forbidden(path.Child("clusterIPs"), why))
		}
		if len(spec.IPFamilies) > 0 {
			errs = append(errs, field.Forbidden(path.Child("ipFamilies"), why))
		}
		if spec.IPFamilyPolicy != nil {
			errs = append(errs, field.Forbidden(path.Child("ipFamilyPolicy"), why))
		}
		if spec.ExternalName == "" || spec.ExternalName == "." {
			errs = append(errs, field.Required(path.Child("externalName"), ""))
		}
	}
	return errs
}

// portPair is a duplicate port in an error: a whole port with these two fields set.
type portPair struct {
	protocol string
	port     int32
}

// MarshalJSON implements json.Marshaler.
func (p portPair) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name, Protocol             string
		AppProtocol                *string
		Port, TargetPort, NodePort int32
	}{Protocol: p.protocol, Port: p.port})
}

func portRules(svc *corev1.Service, path *field.Path) (errs field.ErrorList) {
	names := map[string]bool{}
	for i, p := range svc.Spec.Ports {
		switch {
		case p.Name == "" && len(svc.Spec.Ports) > 1:
			errs = append(errs, field.Required(path.Index(i).Child("name"), ""))
		case p.Name != "" && names[p.Name]:
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), p.Name))
		}
		names[p.Name] = true
	}
	nodePorts, ports := map[portPair]bool{}, map[portPair]bool{}
	for i, p := range svc.Spec.Ports {
		if p.NodePort != 0 && svc.Spec.Type == clusterIP {
			errs = append(errs, field.Forbidden(path.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'"))
		}
		if k := (portPair{p.Protocol, p.NodePort}); p.NodePort != 0 {
			if nodePorts[k] {
				errs = append(errs, field.Duplicate(path.Index(i).Child("nodePort"), p.NodePort))
			}
			nodePorts[k] = true
		}
	}
	for i, p := range svc.Spec.Ports {
		k := portPair{p.Protocol, p.Port}
		if ports[k] {
			errs = append(errs, field.Duplicate(path.Index(i), k))
		}
		ports[k] = true
	}
	return errs
}

func affinity(spec *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	const why = "when session affinity type is ClientIP"
	c := spec.SessionAffinityConfig
	switch {
	case spec.SessionAffinity == "None" && c != nil:
		return field.ErrorList{field.Forbidden(path, "must not be set when session affinity is None")}
	case spec.SessionAffinity != "ClientIP":
	case c == nil:
		return field.ErrorList{field.Required(path, why)}
	case c.ClientIP == nil:
		return field.ErrorList{field.Required(path.Child("clientIP"), why)}
	case c.ClientIP.TimeoutSeconds == nil:
		return field.ErrorList{field.Required(path.Child("clientIP", "timeoutSeconds"), why)}
	case *c.ClientIP.TimeoutSeconds <= 0 || *c.ClientIP.TimeoutSeconds > 86400:
		return field.ErrorList{field.Invalid(path.Child("clientIP", "timeoutSeconds"), *c.ClientIP.TimeoutSeconds, "must be greater than 0 and less than 86400")}
	}
	return nil
}

func validateServiceUpdate(svc, old *corev1.Service) (errs field.ErrorList) {
	path := field.NewPath("spec")
	errs = append(errs, keptIPs(svc, old, path)...)
	errs = append(errs, keptFamilies(svc, old, path)...)
	if svc.Spec.Type == loadBalancer && old.Spec.Type == loadBalancer && !kind.SamePointed(svc.Spec.LoadBalancerClass, old.Spec.LoadBalancerClass) {
		errs = append(errs, field.Invalid(path.Child("loadBalancerClass"), svc.Spec.LoadBalancerClass, changed))
	}
	if needsHealthPort(old) && needsHealthPort(svc) && svc.Spec.HealthCheckNodePort != old.Spec.HealthCheckNodePort {
		errs = append(errs, field.Forbidden(path.Child("healthCheckNodePort"), kind.Immutable))
	}
	return errs
}

const changed = "may not change once set"

// keptIPs makes the primary address immutable while the service has one; the secondary may be added and removed.
func keptIPs(svc, old *corev1.Service, path *field.Path) (errs field.ErrorList) {
	if svc.Spec.Type == externalName || old.Spec.Type == externalName || isHeadless(svc) && isHeadless(old) {
		return nil
	}
	now, was, ips := svc.Spec.ClusterIPs, old.Spec.ClusterIPs, path.Child("clusterIPs")
	if len(was) > len(now) && len(now) == 0 {
		errs = append(errs, field.Invalid(ips.Index(0), now, "primary clusterIP can not be unset"))
	}
	for i := range min(len(now), len(was)) {
		if now[i] != was[i] && (i == 0 || len(now) == len(was)) {
			errs = append(errs, field.Invalid(ips.Index(i), now, changed))
		}
	}
	if len(was) > len(now) && len(now) == 1 && policy(svc) != singleStack {
		errs = append(errs, field.Invalid(path.Child("ipFamilyPolicy"), svc.Spec.IPFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP"))
	}
	return errs
}

func keptFamilies(svc, old *corev1.Service, path *field.Path) (errs field.ErrorList) {
	if svc.Spec.Type == externalName || old.Spec.Type == externalName || isHeadless(svc) || isHeadless(old) {
		return nil
	}
	now, was, at := svc.Spec.IPFamilies, old.Spec.IPFamilies, path.Child("ipFamilies").Index(0)
	if len(now) == len(was) {
		for i := range now {
			if now[i] != was[i] {
				errs = append(errs, field.Invalid(at, now, changed))
			}
		}
		return errs
	}
	if len(was) > len(now) && len(svc.Spec.ClusterIPs) == 0 {
		errs = append(errs, field.Invalid(at, now, "primary ipFamily can not be unset"))
	}
	if len(now) > 0 && len(was) > 0 && now[0] != was[0] {
		errs = append(errs, field.Invalid(at, svc.Spec.ClusterIPs, changed))
	}
	if len(was) > len(now) && len(now) == 1 && policy(svc) != singleStack {
		errs = append(errs, field.Invalid(path.Child("ipFamilyPolicy"), svc.Spec.IPFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily"))
	}
	return errs
}

func serviceParts(o *corev1.Service) (errs field.ErrorList) {
	s := &o.Spec
	if s.Type == externalName && s.ExternalName != "" && s.ExternalName != "." {
		// A trailing dot marks an absolute name.
		name := s.ExternalName
		if name[len(name)-1] == '.' {
			name = name[:len(name)-1]
		}
		errs = append(errs, kind.DNSName(spec.Child("externalName"), name)...)
	}
	if s.ExternalTrafficPolicy != "" && external(o) {
		errs = append(errs, kind.Among(spec.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy, "Cluster", "Local")...)
	}
	for i, f := range s.IPFamilies {
		if f == "" && s.Type != externalName {
			errs = append(errs, field.NotSupported(spec.Child("ipFamilies").Index(i), f, []string{kind.IPv4, kind.IPv6}))
		}
	}
	if s.IPFamilyPolicy != nil && s.Type != externalName {
		errs = append(errs, kind.Among(spec.Child("ipFamilyPolicy"), *s.IPFamilyPolicy, preferDual, requireDual, singleStack)...)
	}
	return errs
}

func serviceStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Warnings = kind.Warn(func(o, _ *corev1.Service) []string {
		return kind.BalancerWarnings(len(o.Status.LoadBalancer.Ingress), func(i int) string { return o.Status.LoadBalancer.Ingress[i].IP })
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *corev1.Service) (errs field.ErrorList) {
		path, now := status.Child("loadBalancer", "ingress"), o.Status.LoadBalancer.Ingress
		if o.Spec.Type != loadBalancer && len(now) > 0 {
			return field.ErrorList{field.Forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")}
		}
		var known []string
		for _, i := range old.Status.LoadBalancer.Ingress {
			known = append(known, i.IP)
		}
		for i, x := range now {
			at := path.Index(i)
			if x.IP != "" {
				errs = append(errs, kind.KeptIP(at.Child("ip"), x.IP, known)...)
			}
			switch mode := at.Child("ipMode"); {
			case x.IPMode == nil && x.IP != "":
				errs = append(errs, field.Required(mode, "must be specified when `ip` is set"))
			case x.IPMode != nil && x.IP == "":
				errs = append(errs, field.Forbidden(mode, "may not be specified when `ip` is not set"))
			case x.IPMode != nil && *x.IPMode != "Proxy" && *x.IPMode != "VIP":
				errs = append(errs, field.NotSupported(mode, *x.IPMode, []string{"Proxy", "VIP"}))
			}
			errs = append(errs, kind.BalancerHost(x.Hostname, at.Child("hostname"))...)
		}
		return errs
	})
}

// sourceRange may have spaces around it.
func sourceRange(path *field.Path, s string) field.ErrorList {
	return kind.CIDR(path, strings.TrimSpace(s))
}
