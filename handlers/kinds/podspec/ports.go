package podspec

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// seenPort is an earlier port with its position.
type seenPort struct {
	at   int
	path *field.Path
	port corev1.ContainerPort
}

// portKey is equal for ports that conflict. hostIP is set where the host address matters.
type portKey struct {
	port     int32
	protocol string
	hostPort int32
	hostIP   string
}

// anyIP is the key of ports regardless of their host address.
const anyIP = "*"

// portIndex finds conflicting ports without a search, which would be quadratic.
type portIndex map[portKey][]seenPort

func (x portIndex) add(s seenPort) {
	k := portKey{port: s.port.ContainerPort, protocol: s.port.Protocol, hostPort: s.port.HostPort, hostIP: s.port.HostIP}
	x[k] = append(x[k], s)
	k.hostIP = anyIP
	x[k] = append(x[k], s)
	if s.port.HostPort != 0 {
		k.hostPort = anyPort
		x[k] = append(x[k], s)
	}
}

// anyPort is the key of ports with any host port.
const anyPort = -1

// clashes are the earlier ports that conflict with p, in their order.
func (x portIndex) clashes(p corev1.ContainerPort) (out []seenPort) {
	k := portKey{port: p.ContainerPort, protocol: p.Protocol, hostIP: anyIP}
	out = append(out, x[k]...) // ports without a host port conflict with all
	switch {
	case p.HostPort == 0:
		k.hostPort = anyPort
		out = append(out, x[k]...)
	case p.HostIP == "":
		k.hostPort = p.HostPort
		out = append(out, x[k]...)
	default:
		k.hostPort, k.hostIP = p.HostPort, p.HostIP
		out = append(out, x[k]...)
		k.hostIP = ""
		out = append(out, x[k]...)
	}
	slices.SortFunc(out, func(a, b seenPort) int { return cmp.Compare(a.at, b.at) })
	return out
}

// ports warns of conflicting ports and of duplicate port names, over all containers.
func ports(all []container, left *budget) (out []string) {
	known, n := portIndex{}, 0
	for _, c := range all {
		for i, p := range c.ports {
			at := c.path.Child("ports").Index(i)
			if p.HostIP != "" && p.HostPort == 0 {
				out = append(out, kind.Said(at, "hostIP set without hostPort: %+v", p))
			}
			if left.spent() {
				continue
			}
			for _, other := range known.clashes(p) {
				if left.spent() {
					break
				}
				out = append(out, left.take(kind.Said(at, "%s port definition with %s", clash(p, other.port), other.path)))
			}
			known.add(seenPort{n, at, p})
			n++
		}
	}
	names := map[string]*field.Path{}
	for _, c := range all {
		for i, p := range c.ports {
			at := c.path.Child("ports").Index(i)
			if first := names[p.Name]; first != nil {
				out = append(out, kind.Said(at, "duplicate port name %q with %s, services and probes that select ports by name will use %s", p.Name, first, first))
			} else if p.Name != "" {
				names[p.Name] = at
			}
		}
	}
	return out
}

// clash describes the conflict of two definitions of one port. Different host ports or addresses do not conflict; an address that
// only one of them has is ambiguous.
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
