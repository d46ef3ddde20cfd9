package repair

import (
	"context"
	"fmt"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
)

const (
	portController = "portallocator-repair-controller"
	// patience is how often a port is found without a service before it is free: one may be on its way.
	patience = 3
)

// ports makes the stored node ports those that services have.
func (r *Repair) ports(ctx context.Context) error {
	if r.leaks == nil {
		r.leaks = map[int32]int{}
	}
	var warn []func()
	var leaks map[int32]int
	err := r.Ports.Rebuild(ctx, func(stored allocate.PortSet, has func(int32) bool) (allocate.PortSet, error) {
		// This may run again when a port was taken meanwhile: what it finds counts once.
		warn, leaks = nil, map[int32]int{}
		list, err := r.Objects.List(ctx, services, "")
		if err != nil {
			return nil, fmt.Errorf("list services: %w", err)
		}
		rebuilt := allocate.PortSet{}
		for _, o := range list {
			s, ok := o.(*corev1.Service)
			if !ok {
				continue
			}
			for _, port := range nodePorts(s) {
				switch {
				case !has(port):
					warn = append(warn, r.portWarning(ctx, s, "PortOutOfRange", fmt.Sprintf("Port %d is not within the port range %s; please recreate service", port, r.Ports.Range())))
				case rebuilt[port]:
					warn = append(warn, r.portWarning(ctx, s, "PortAlreadyAllocated", fmt.Sprintf("Port %d was assigned to multiple services; please recreate service", port)))
				default:
					if rebuilt[port] = true; !stored[port] {
						warn = append(warn, r.portWarning(ctx, s, "PortNotAllocated", fmt.Sprintf("Port %d is not allocated; repairing", port)))
					}
				}
			}
		}
		for port := range stored {
			if rebuilt[port] {
				continue
			}
			left, known := r.leaks[port]
			if !known {
				left = patience - 1
			}
			if left > 0 {
				leaks[port], rebuilt[port] = left-1, true
			}
		}
		return rebuilt, nil
	})
	if err != nil {
		return err
	}
	r.leaks = leaks
	for _, w := range warn {
		w()
	}
	return nil
}

func (r *Repair) portWarning(ctx context.Context, s *corev1.Service, reason, text string) func() {
	return func() { r.recorder(portController, "PortAllocation").Warn(ctx, s, reason, "%s", text) }
}

// nodePorts are those that a service has of the range: one for several protocols counts once, one that it has twice for a
// protocol counts twice.
func nodePorts(s *corev1.Service) (out []int32) {
	type use struct {
		port     int32
		protocol string
	}
	ports, uses := map[int32]bool{}, map[use]bool{}
	add := func(port int32, protocol string) {
		if u := (use{port, protocol}); port != 0 {
			if !ports[port] || uses[u] {
				out = append(out, port)
			}
			ports[port], uses[u] = true, true
		}
	}
	for _, p := range s.Spec.Ports {
		add(p.NodePort, p.Protocol)
	}
	add(s.Spec.HealthCheckNodePort, "TCP")
	return out
}
