package columns

import (
	"fmt"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func serviceExternalIP(s *corev1.Service) string {
	var all []string
	switch s.Spec.Type {
	case "ExternalName":
		return s.Spec.ExternalName
	case "ClusterIP", "NodePort":
	case "LoadBalancer":
		for _, i := range s.Status.LoadBalancer.Ingress {
			all = append(all, firstText(i.IP, i.Hostname))
		}
		all = distinct(all)
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

func servicePorts(s *corev1.Service) string {
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
