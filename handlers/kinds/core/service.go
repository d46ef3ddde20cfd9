package core

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var services = kind.Kind{
	Group: group, Resource: "services",
	Strategy:     service,
	Subresources: map[string]kind.Strategy{"status": serviceStatus, "proxy": proxy},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultService)},
	Cells: kind.Cells{
		"serviceExternalIP": kind.CellOf(serviceExternalIP),
		"servicePorts":      kind.CellOf(servicePortList),
	},
}

const (
	clusterIP, nodePort, loadBalancer, externalName = "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"
	singleStack, preferDual, requireDual            = "SingleStack", "PreferDualStack", "RequireDualStack"
	headlessIP                                      = "None"
)

// serviceStrategy is the strategy of services. Fields are completed before validation; addresses and node ports are allocated in
// Allocate.
type serviceStrategy struct {
	d     *kind.Deps
	ips   *allocate.IPs
	ports *allocate.Ports
}

func service(d *kind.Deps, _ resources.Row, st *resource.Strategy) {
	s := &serviceStrategy{d: d, ips: allocate.NewIPs(d), ports: allocate.NewPorts(d)}
	st.ValidateName = validation.NameIsDNSLabel
	if !d.Features.Enabled("RelaxedServiceNameValidation") {
		st.ValidateName = validation.NameIsDNS1035Label
	}
	st.ChangesFirst = true
	st.Warnings = kind.Warn(func(o, _ *corev1.Service) []string { return serviceWarnings(o) })
	st.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, svc *corev1.Service) error {
		if svc.Spec.ClusterIP != "" && len(svc.Spec.ClusterIPs) == 0 {
			svc.Spec.ClusterIPs = []string{svc.Spec.ClusterIP}
		}
		noInternalPolicy(svc)
		return s.families(svc, nil)
	})
	st.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, svc, old *corev1.Service) error {
		old = object.Copy(old)
		s.readDefaults(old)
		backfill(svc, old)
		syncClusterIPs(svc, old)
		if err := s.families(svc, old); err != nil {
			return err
		}
		dropForType(svc, old)
		noInternalPolicy(svc)
		return nil
	})
	st.Ruled = func(o object.Object, _ bool) object.Object {
		svc, ok := o.(*corev1.Service)
		if !ok || svc.Spec.Type == loadBalancer || svc.Spec.LoadBalancerClass == nil {
			return o
		}
		// Other types must not have a class, so nothing else is reported.
		out := *svc
		out.Spec.LoadBalancerClass = nil
		return &out
	}
	st.Validate = kind.CheckAll(kind.Check(validateService), kind.Check(serviceParts))
	st.ValidateUpdate = kind.CheckUpdate(func(svc, old *corev1.Service) field.ErrorList {
		old = object.Copy(old)
		s.readDefaults(old)
		return validateServiceUpdate(svc, old)
	})
	st.Allocate = func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		svc, ok := o.(*corev1.Service)
		if !ok {
			return kind.WrongType(o)
		}
		if old == nil {
			return s.allocateNew(ctx, a, svc)
		}
		was, ok := old.(*corev1.Service)
		if !ok {
			return kind.WrongType(old)
		}
		was = object.Copy(was)
		s.readDefaults(was)
		return s.reallocate(ctx, a, svc, was)
	}
	st.Release = func(ctx context.Context, a *resource.Attempt, o object.Object) {
		if svc, ok := o.(*corev1.Service); ok {
			svc = object.Copy(svc)
			a.OnStored(func() { s.release(context.WithoutCancel(ctx), svc) })
		}
	}
}

// noInternalPolicy drops internalTrafficPolicy of an ExternalName service.
func noInternalPolicy(svc *corev1.Service) {
	p := svc.Spec.InternalTrafficPolicy
	if svc.Spec.Type == externalName && p != nil && (*p == "Cluster" || *p == "Local") {
		svc.Spec.InternalTrafficPolicy = nil
	}
}

func isHeadless(svc *corev1.Service) bool {
	return len(svc.Spec.ClusterIPs) == 1 && svc.Spec.ClusterIPs[0] == headlessIP || svc.Spec.ClusterIP == headlessIP
}

func needsNodePorts(svc *corev1.Service) bool {
	return svc.Spec.Type == nodePort || svc.Spec.Type == loadBalancer
}

// allocatesNodePorts is false for a load balancer that goes to pods directly.
func allocatesNodePorts(svc *corev1.Service) bool {
	return svc.Spec.Type == nodePort || svc.Spec.Type == loadBalancer && (svc.Spec.AllocateLoadBalancerNodePorts == nil || *svc.Spec.AllocateLoadBalancerNodePorts)
}

// needsHealthPort reports whether the service needs a health check node port: a load balancer with externalTrafficPolicy Local.
func needsHealthPort(svc *corev1.Service) bool {
	return svc.Spec.Type == loadBalancer && svc.Spec.ExternalTrafficPolicy == "Local"
}

// external reports whether traffic can reach the service from outside the cluster.
func external(svc *corev1.Service) bool {
	return needsNodePorts(svc) || svc.Spec.Type == clusterIP && len(svc.Spec.ExternalIPs) > 0
}

func policy(svc *corev1.Service) string {
	if svc.Spec.IPFamilyPolicy == nil {
		return ""
	}
	return *svc.Spec.IPFamilyPolicy
}

// clientIPSeconds is the default of the session affinity timeout.
const clientIPSeconds = 10800

func defaultService(s *corev1.Service) {
	s.SetDefaults()
	spec := &s.Spec
	switch spec.SessionAffinity {
	case "None":
		spec.SessionAffinityConfig = nil
	case "ClientIP":
		if c := spec.SessionAffinityConfig; c == nil || c.ClientIP == nil || c.ClientIP.TimeoutSeconds == nil {
			seconds := int32(clientIPSeconds)
			spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: &seconds}}
		}
	}
	for i := range spec.Ports {
		if p := &spec.Ports[i]; p.TargetPort == intstr.FromInt32(0) || p.TargetPort == intstr.FromString("") {
			p.TargetPort = intstr.FromInt32(p.Port)
		}
	}
	external := spec.Type == "LoadBalancer" || spec.Type == "NodePort" || spec.Type == "ClusterIP" && len(spec.ExternalIPs) > 0
	if external && spec.ExternalTrafficPolicy == "" {
		spec.ExternalTrafficPolicy = "Cluster"
	}
	if spec.Type == "ClusterIP" || spec.Type == "NodePort" || spec.Type == "LoadBalancer" {
		kind.SetIfNil(&spec.InternalTrafficPolicy, "Cluster")
	}
	if spec.Type == "LoadBalancer" {
		kind.SetIfNil(&spec.AllocateLoadBalancerNodePorts, true)
		for i := range s.Status.LoadBalancer.Ingress {
			if in := &s.Status.LoadBalancer.Ingress[i]; in.IP != "" {
				kind.SetIfNil(&in.IPMode, "VIP")
			}
		}
	}
}

func serviceWarnings(o *corev1.Service) (out []string) {
	const external = "ExternalName"
	s := &o.Spec
	if _, ok := o.Annotations["service.kubernetes.io/topology-aware-hints"]; ok {
		out = append(out, "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead")
	}
	if s.ClusterIP != "None" && s.ClusterIP != "" {
		for i, ip := range s.ClusterIPs {
			out = append(out, utilvalidation.GetWarningsForIP(spec.Child("clusterIPs").Index(i), ip)...)
		}
	}
	headless := s.Type == "ClusterIP" && s.ClusterIP == "None"
	if headless {
		if s.LoadBalancerIP != "" {
			out = append(out, "spec.loadBalancerIP is ignored for headless services")
		}
		if len(s.ExternalIPs) > 0 {
			out = append(out, "spec.externalIPs is ignored for headless services")
		}
		if s.SessionAffinity != "None" {
			out = append(out, "spec.SessionAffinity is ignored for headless services")
		}
	}
	for i, ip := range s.ExternalIPs {
		out = append(out, utilvalidation.GetWarningsForIP(spec.Child("externalIPs").Index(i), ip)...)
	}
	if len(s.ExternalIPs) > 0 && !headless && s.Type != external {
		out = append(out, "spec.externalIPs is deprecated and may no longer be implemented in some clusters")
	}
	if s.LoadBalancerIP != "" {
		out = append(out, utilvalidation.GetWarningsForIP(spec.Child("loadBalancerIP"), s.LoadBalancerIP)...)
	}
	for i, cidr := range s.LoadBalancerSourceRanges {
		out = append(out, utilvalidation.GetWarningsForCIDR(spec.Child("loadBalancerSourceRanges").Index(i), cidr)...)
	}
	if s.Type == external && len(s.ExternalIPs) > 0 {
		out = append(out, fmt.Sprintf("spec.externalIPs is ignored when spec.type is %q", external))
	}
	if s.Type != external && s.ExternalName != "" {
		out = append(out, fmt.Sprintf("spec.externalName is ignored when spec.type is not %q", external))
	}
	if t := s.TrafficDistribution; t != nil && *t == "PreferClose" {
		out = append(out, `spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"`)
	}
	return out
}

func serviceExternalIP(s *corev1.Service) string {
	var all []string
	switch s.Spec.Type {
	case "ExternalName":
		return s.Spec.ExternalName
	case "ClusterIP", "NodePort":
	case "LoadBalancer":
		for _, i := range s.Status.LoadBalancer.Ingress {
			all = append(all, kind.FirstText(i.IP, i.Hostname))
		}
		all = kind.Distinct(all)
		if len(all) == 0 && len(s.Spec.ExternalIPs) == 0 {
			return "<pending>"
		}
	default:
		return "<unknown>"
	}
	if all = append(all, s.Spec.ExternalIPs...); len(all) == 0 {
		return "<none>"
	}
	return strings.Join(all, ",")
}

func servicePortList(s *corev1.Service) string {
	if len(s.Spec.Ports) == 0 {
		return "<none>"
	}
	ports := make([]string, len(s.Spec.Ports))
	for i, p := range s.Spec.Ports {
		ports[i] = fmt.Sprintf("%d/%s", p.Port, p.Protocol)
		if p.NodePort > 0 {
			ports[i] = fmt.Sprintf("%d:%d/%s", p.Port, p.NodePort, p.Protocol)
		}
	}
	return strings.Join(ports, ",")
}
