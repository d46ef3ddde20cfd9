package defaults

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// clientIPSeconds is how long a client sticks to its endpoint.
const clientIPSeconds = 10800

func service(s *corev1.Service) {
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
		setIfNil(&spec.InternalTrafficPolicy, "Cluster")
	}
	if spec.Type == "LoadBalancer" {
		setIfNil(&spec.AllocateLoadBalancerNodePorts, true)
		for i := range s.Status.LoadBalancer.Ingress {
			if in := &s.Status.LoadBalancer.Ingress[i]; in.IP != "" {
				setIfNil(&in.IPMode, "VIP")
			}
		}
	}
}
