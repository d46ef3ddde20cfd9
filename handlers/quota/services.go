package quota

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// services measures node ports and load balancers beside the number of services.
type services struct{}

func (services) Tracks(_ context.Context, name string) bool {
	switch name {
	case "count/services", "services", "services.nodeports", "services.loadbalancers":
		return true
	}
	return false
}

// Charges holds for updates, too: a service can become one of another type.
func (services) Charges(subresource string, _, _ object.Object) bool { return subresource == "" }

func (services) Require([]string, object.Object) error       { return nil }
func (services) InScope(*Scope, object.Object) (bool, error) { return false, nil }
func (services) Scopes() bool                                { return false }

// Usage counts the node ports that the service is meant to have, which may not be allocated yet.
func (services) Usage(_ context.Context, o object.Object) (List, error) {
	svc, ok := o.(*corev1.Service)
	if !ok {
		return nil, fmt.Errorf("expected a Service, got %T", o)
	}
	nodePorts, loadBalancers := 0, 0
	switch svc.Spec.Type {
	case "NodePort":
		nodePorts = len(svc.Spec.Ports)
	case "LoadBalancer":
		loadBalancers, nodePorts = 1, len(svc.Spec.Ports)
		if allocate := svc.Spec.AllocateLoadBalancerNodePorts; allocate != nil && !*allocate {
			nodePorts = 0
			for i := range svc.Spec.Ports {
				if svc.Spec.Ports[i].NodePort != 0 {
					nodePorts++
				}
			}
		}
	}
	return List{
		"count/services": one(), "services": one(),
		"services.nodeports":     *resource.NewQuantity(int64(nodePorts), resource.DecimalSI),
		"services.loadbalancers": *resource.NewQuantity(int64(loadBalancers), resource.DecimalSI),
	}, nil
}
