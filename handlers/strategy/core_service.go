package strategy

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	clusterIP, nodePort, loadBalancer, externalName = "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"
	singleStack, preferDual, requireDual            = "SingleStack", "PreferDualStack", "RequireDualStack"
	headlessIP                                      = "None"
)

// services gives services their addresses and ports. Fields are brought into shape before validation; what lies outside
// the object is taken in Allocate.
type services struct {
	d     *Deps
	ips   *ipAllocator
	ports *portAllocator
}

func newServices(d *Deps) *services {
	return &services{d: d, ips: newIPAllocator(d), ports: newPortAllocator(d)}
}

func (s *services) entries() map[key]entry {
	return map[key]entry{{"", "services", ""}: s.strategy}
}

func (s *services) strategy(d *Deps, _ resources.Row, st *resource.Strategy) {
	st.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, svc *corev1.Service) error {
		if svc.Spec.ClusterIP != "" && len(svc.Spec.ClusterIPs) == 0 {
			svc.Spec.ClusterIPs = []string{svc.Spec.ClusterIP}
		}
		noInternalPolicy(svc)
		return s.families(svc, nil)
	})
	st.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, svc, old *corev1.Service) error {
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
	st.Validate = check(validateService)
	st.ValidateUpdate = checkUpdate(func(svc, old *corev1.Service) field.ErrorList {
		old = object.Copy(old)
		s.readDefaults(old)
		return validateServiceUpdate(svc, old)
	})
	st.Allocate = func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		svc, ok := o.(*corev1.Service)
		if !ok {
			return wrongType(o)
		}
		if old == nil {
			return s.allocateNew(ctx, a, svc)
		}
		was, ok := old.(*corev1.Service)
		if !ok {
			return wrongType(old)
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

// noInternalPolicy: a name elsewhere has no traffic inside, whatever its writer and the defaults say.
func noInternalPolicy(svc *corev1.Service) {
	if svc.Spec.Type == externalName {
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

// needsHealthPort: a load balancer that only sends to nodes with pods must be able to ask the nodes.
func needsHealthPort(svc *corev1.Service) bool {
	return svc.Spec.Type == loadBalancer && svc.Spec.ExternalTrafficPolicy == "Local"
}

// external: traffic can reach the service from outside the cluster.
func external(svc *corev1.Service) bool {
	return needsNodePorts(svc) || svc.Spec.Type == clusterIP && len(svc.Spec.ExternalIPs) > 0
}

func policy(svc *corev1.Service) string {
	if svc.Spec.IPFamilyPolicy == nil {
		return ""
	}
	return *svc.Spec.IPFamilyPolicy
}
