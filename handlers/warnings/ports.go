package warnings

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// ports finds, over all containers, those that mean the same port or have the same name.
func ports(all []container) (out []string) {
	type seen struct {
		path *field.Path
		port corev1.ContainerPort
	}
	known := map[string][]seen{}
	for _, c := range all {
		for i, p := range c.ports {
			at := c.path.Child("ports").Index(i)
			if p.HostIP != "" && p.HostPort == 0 {
				out = append(out, said(at, "hostIP set without hostPort: %+v", p))
			}
			k := fmt.Sprintf("%d/%s", p.ContainerPort, p.Protocol)
			for _, other := range known[k] {
				if how := clash(p, other.port); how != "" {
					out = append(out, said(at, "%s port definition with %s", how, other.path))
				}
			}
			known[k] = append(known[k], seen{at, p})
		}
	}
	names := map[string]*field.Path{}
	for _, c := range all {
		for i, p := range c.ports {
			at := c.path.Child("ports").Index(i)
			if first := names[p.Name]; first != nil {
				out = append(out, said(at, "duplicate port name %q with %s, services and probes that select ports by name will use %s", p.Name, first, first))
			} else if p.Name != "" {
				names[p.Name] = at
			}
		}
	}
	return out
}

// clash is how two definitions of one port of a pod stand to each other: different addresses or ports of the host keep
// them apart, an address that is missing from only one of them leaves open which of them it is.
func clash(a, b corev1.ContainerPort) string {
	switch {
	case a.HostIP == b.HostIP && a.HostPort == b.HostPort:
		return "duplicate"
	case a.HostPort == 0 || b.HostPort == 0:
		return "overlapping"
	case a.HostPort == b.HostPort && (a.HostIP == "") != (b.HostIP == ""):
		return "dangerously ambiguous"
	}
	return ""
}
