package warnings

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// network is about addresses in forms that programs read differently, and fields that do nothing where they stand.
func network(o, old object.Object) []string {
	switch o := o.(type) {
	case *corev1.Service:
		return service(o)
	}
	return nil
}

func service(o *corev1.Service) (out []string) {
	const external = "ExternalName"
	s := &o.Spec
	if _, ok := o.Annotations["service.kubernetes.io/topology-aware-hints"]; ok {
		out = append(out, "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead")
	}
	if s.ClusterIP != "None" && s.ClusterIP != "" {
		for i, ip := range s.ClusterIPs {
			out = append(out, validation.GetWarningsForIP(spec.Child("clusterIPs").Index(i), ip)...)
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
		out = append(out, validation.GetWarningsForIP(spec.Child("externalIPs").Index(i), ip)...)
	}
	if len(s.ExternalIPs) > 0 && !headless && s.Type != external {
		out = append(out, "spec.externalIPs is deprecated and may no longer be implemented in some clusters")
	}
	if s.LoadBalancerIP != "" {
		out = append(out, validation.GetWarningsForIP(spec.Child("loadBalancerIP"), s.LoadBalancerIP)...)
	}
	for i, cidr := range s.LoadBalancerSourceRanges {
		out = append(out, validation.GetWarningsForCIDR(spec.Child("loadBalancerSourceRanges").Index(i), cidr)...)
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
