package core

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func (s *serviceStrategy) allocateNew(ctx context.Context, a *resource.Attempt, svc *corev1.Service) error {
	if err := s.takeIPs(ctx, a, svc, 0); err != nil {
		return err
	}
	return s.takePorts(ctx, a, svc, nil)
}

// reallocate allocates what svc needs and old does not have. What svc does not need any more is released once it is stored.
func (s *serviceStrategy) reallocate(ctx context.Context, a *resource.Attempt, svc, old *corev1.Service) error {
	hadIPs, hasIPs := hasClusterIPs(old), svc.Spec.Type != externalName && !isHeadless(svc)
	switch {
	case !hadIPs && old.Spec.Type == externalName && hasIPs:
		if err := s.takeIPs(ctx, a, svc, 0); err != nil {
			return err
		}
	case hadIPs && hasIPs && len(old.Spec.IPFamilies) == 1 && len(svc.Spec.IPFamilies) == 2:
		if err := s.takeIPs(ctx, a, svc, 1); err != nil {
			return err
		}
	case hadIPs:
		for _, ip := range old.Spec.ClusterIPs {
			if !slices.Contains(svc.Spec.ClusterIPs, ip) {
				s.freeIP(ctx, a, old, ip)
			}
		}
	}
	return s.takePorts(ctx, a, svc, old)
}

func hasClusterIPs(svc *corev1.Service) bool {
	return svc.Spec.Type != externalName && !isHeadless(svc) && len(svc.Spec.ClusterIPs) > 0
}

// takeIPs allocates addresses of the families from index first on: the given ones, or any.
func (s *serviceStrategy) takeIPs(ctx context.Context, a *resource.Attempt, svc *corev1.Service, first int) error {
	if svc.Spec.Type == externalName || isHeadless(svc) {
		return nil
	}
	ips := slices.Clone(svc.Spec.ClusterIPs)
	for i, family := range svc.Spec.IPFamilies {
		if i < first {
			continue
		}
		want := ""
		if i < len(ips) {
			want = ips[i]
		}
		ip, err := s.ips.Take(ctx, a, nameOf(svc), family, want)
		path := field.NewPath("spec", "clusterIPs")
		switch {
		case errors.Is(err, allocate.ErrFull):
			return apierrors.NewInternalError(fmt.Errorf("failed to allocate a serviceIP for Service %q: %w", svc.Name, err))
		case err != nil && want != "":
			return invalidService(svc.Name, field.ErrorList{field.Invalid(path, svc.Spec.ClusterIPs, fmt.Sprintf("failed to allocate IP %v: %v", want, err))})
		case err != nil:
			return invalidService(svc.Name, field.ErrorList{field.Invalid(path, svc.Spec.ClusterIPs, fmt.Sprintf("failed to allocate IP: %v", err))})
		}
		if i < len(ips) {
			ips[i] = ip
		} else {
			ips = append(ips, ip)
		}
	}
	if svc.Spec.ClusterIPs = ips; len(ips) > 0 {
		svc.Spec.ClusterIP = ips[0]
	}
	return nil
}

// freeIP releases an address once the write is stored.
func (s *serviceStrategy) freeIP(ctx context.Context, a *resource.Attempt, svc *corev1.Service, ip string) {
	if a.DryRun {
		return
	}
	owner := nameOf(svc)
	a.OnStored(func() { s.ips.Release(context.WithoutCancel(ctx), owner, ip) })
}

// takePorts allocates the node ports of a service; old is nil for a create. Node ports that only old has are released once svc is
// stored.
func (s *serviceStrategy) takePorts(ctx context.Context, a *resource.Attempt, svc, old *corev1.Service) error {
	op, had := s.ports.Start(a), map[int32]bool{}
	if old != nil && needsNodePorts(old) {
		for _, p := range old.Spec.Ports {
			had[p.NodePort] = true
		}
		delete(had, 0)
	}
	if needsNodePorts(svc) {
		take := newNodePorts
		if old != nil {
			take = func(ctx context.Context, op *allocate.Operation, svc *corev1.Service) error {
				return moreNodePorts(ctx, op, svc, had)
			}
		}
		if err := take(ctx, op, svc); err != nil {
			return err
		}
	}
	needed, needs := old != nil && needsHealthPort(old), needsHealthPort(svc)
	switch {
	case needs && !needed:
		if err := healthPort(ctx, op, svc); err != nil {
			return apierrors.NewInternalError(err)
		}
	case needed && !needs:
		op.Free(old.Spec.HealthCheckNodePort)
	}
	if needsNodePorts(svc) {
		for _, p := range svc.Spec.Ports {
			delete(had, p.NodePort)
		}
	}
	for p := range had {
		op.Free(p)
	}
	return nil
}

// newNodePorts sets the node ports of a new service. Ports with one number (TCP and UDP) share a node port: the first given one.
func newNodePorts(ctx context.Context, op *allocate.Operation, svc *corev1.Service) error {
	wanted, given := map[int32]int32{}, map[int32]int32{}
	for _, p := range svc.Spec.Ports {
		if p.NodePort != 0 && wanted[p.Port] == 0 {
			wanted[p.Port] = p.NodePort
		}
	}
	for i := range svc.Spec.Ports {
		p := &svc.Spec.Ports[i]
		if p.NodePort == 0 && !allocatesNodePorts(svc) {
			continue
		}
		want := p.NodePort
		switch shared := given[p.Port]; {
		case shared != 0 && (want == 0 || want == shared):
			p.NodePort = shared
			continue
		case shared == 0:
			want = wanted[p.Port]
		}
		if err := giveNodePort(ctx, op, svc, i, want); err != nil {
			return err
		}
		if given[p.Port] == 0 {
			given[p.Port] = p.NodePort
		}
	}
	return nil
}

// moreNodePorts sets the node ports of a changed service.
func moreNodePorts(ctx context.Context, op *allocate.Operation, svc *corev1.Service, had map[int32]bool) error {
	taken := map[int32]bool{}
	for i := range svc.Spec.Ports {
		p := &svc.Spec.Ports[i]
		if p.NodePort == 0 && !allocatesNodePorts(svc) || had[p.NodePort] || taken[p.NodePort] {
			continue
		}
		if err := giveNodePort(ctx, op, svc, i, p.NodePort); err != nil {
			return err
		}
		taken[p.NodePort] = true
	}
	return nil
}

// giveNodePort allocates the wanted node port for one port, or any for 0.
func giveNodePort(ctx context.Context, op *allocate.Operation, svc *corev1.Service, i int, want int32) error {
	if want == 0 {
		port, err := op.Next(ctx)
		if err != nil {
			return apierrors.NewInternalError(fmt.Errorf("failed to allocate a nodePort: %w", err))
		}
		svc.Spec.Ports[i].NodePort = port
		return nil
	}
	if err := op.Take(ctx, want); err != nil {
		return invalidService(svc.Name, field.ErrorList{field.Invalid(field.NewPath("spec", "ports").Index(i).Child("nodePort"), want, err.Error())})
	}
	svc.Spec.Ports[i].NodePort = want
	return nil
}

func healthPort(ctx context.Context, op *allocate.Operation, svc *corev1.Service) error {
	if svc.Spec.HealthCheckNodePort != 0 {
		if err := op.Take(ctx, svc.Spec.HealthCheckNodePort); err != nil {
			return fmt.Errorf("failed to allocate requested HealthCheck NodePort %v: %w", svc.Spec.HealthCheckNodePort, err)
		}
		return nil
	}
	port, err := op.Next(ctx)
	if err != nil {
		return fmt.Errorf("failed to allocate a HealthCheck NodePort %v: %w", port, err)
	}
	svc.Spec.HealthCheckNodePort = port
	return nil
}

// release releases all allocations of a deleted service, and deletes its endpoints, which have no owner reference.
func (s *serviceStrategy) release(ctx context.Context, svc *corev1.Service) {
	svc = object.Copy(svc)
	s.readDefaults(svc)
	endpoints := resource.OwnWrite{Resource: kind.CoreV1("endpoints"), Namespace: svc.Namespace, Name: svc.Name}
	if err := s.d.Write.Delete(ctx, endpoints, &metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		s.d.Log.Error("cannot delete the endpoints of a deleted service", "namespace", svc.Namespace, "name", svc.Name, "error", err)
	}
	if hasClusterIPs(svc) {
		for _, ip := range svc.Spec.ClusterIPs {
			s.ips.Release(ctx, nameOf(svc), ip)
		}
	}
	var ports []int32
	for _, p := range svc.Spec.Ports {
		ports = append(ports, p.NodePort)
	}
	if needsHealthPort(svc) {
		ports = append(ports, svc.Spec.HealthCheckNodePort)
	}
	s.ports.Release(ctx, ports...)
}

func nameOf(svc *corev1.Service) types.NamespacedName {
	return types.NamespacedName{Namespace: svc.Namespace, Name: svc.Name}
}
