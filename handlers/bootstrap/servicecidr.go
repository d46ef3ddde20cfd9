package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/record"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ServiceCIDR keeps the ServiceCIDR kubernetes, which tells everybody the ranges of addresses that the server was started
// with. One with other ranges stays as it is, and is told of once.
type ServiceCIDR struct {
	Objects *resource.Objects
	Writer  resource.Writer
	// Apply carries out a server-side apply of the server's own.
	Apply func(ctx context.Context, w resource.OwnWrite, content map[string]any) error
	CIDRs []string
	Now   func() time.Time
	Log   *slog.Logger

	mu                sync.Mutex
	mismatch, unready bool
}

const (
	defaultCIDR = "kubernetes"
	// cidrController is who owns the condition, and tells of what is wrong.
	cidrController = "kubernetes-service-cidr-controller"
)

var serviceCIDRs = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "servicecidrs"}

// Sync creates the object when it is missing, adds a second range to a first, and says that it is ready.
func (s *ServiceCIDR) Sync(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Objects.Registry.Get(serviceCIDRs) == nil || len(s.CIDRs) == 0 {
		return nil
	}
	live, err := s.Objects.Get(ctx, serviceCIDRs, "", defaultCIDR)
	if apierrors.IsNotFound(err) {
		fresh := &networkingv1.ServiceCIDR{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "ServiceCIDR"},
			ObjectMeta: metav1.ObjectMeta{Name: defaultCIDR}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: slices.Clone(s.CIDRs)},
		}
		if err = s.Writer.Create(ctx, resource.OwnWrite{Resource: serviceCIDRs}, fresh); err == nil {
			live = fresh
		} else if apierrors.IsAlreadyExists(err) {
			return nil // another server was quicker, and looks after it
		}
	}
	if err != nil {
		return fmt.Errorf("ServiceCIDR %s: %w", defaultCIDR, err)
	}
	c, ok := live.(*networkingv1.ServiceCIDR)
	if !ok || c.DeletionTimestamp != nil {
		return nil
	}
	if len(s.CIDRs) == 2 && len(c.Spec.CIDRs) == 1 && s.CIDRs[0] == c.Spec.CIDRs[0] {
		return s.widen(ctx, c)
	}
	return s.ready(ctx, c)
}

// errAnother ends an update of what has changed meanwhile.
var errAnother = errors.New("the ServiceCIDR has other ranges by now")

func (s *ServiceCIDR) widen(ctx context.Context, c *networkingv1.ServiceCIDR) error {
	_, err := s.Writer.Update(ctx, resource.OwnWrite{Resource: serviceCIDRs, Name: defaultCIDR}, func(o object.Object) error {
		now, ok := o.(*networkingv1.ServiceCIDR)
		if !ok || !slices.Equal(now.Spec.CIDRs, c.Spec.CIDRs) {
			return errAnother
		}
		now.Spec.CIDRs = slices.Clone(s.CIDRs)
		return nil
	})
	if err != nil && !errors.Is(err, errAnother) && ctx.Err() == nil {
		s.recorder().Warn(ctx, c, "KubernetesDefaultServiceCIDRError", "The default ServiceCIDR can not be upgraded from %s to dual stack %v : %v", s.CIDRs[0], s.CIDRs, err)
	}
	return nil
}

// ready sets the condition Ready where nobody has. An administrator has to look at one that is false.
func (s *ServiceCIDR) ready(ctx context.Context, c *networkingv1.ServiceCIDR) error {
	if !slices.Equal(s.CIDRs, c.Spec.CIDRs) {
		if !s.mismatch {
			s.mismatch = true
			s.Log.Warn("the default ServiceCIDR has other ranges than --service-cluster-ip-range", "object", c.Spec.CIDRs, "flag", s.CIDRs)
			s.recorder().Warn(ctx, c, "KubernetesDefaultServiceCIDRInconsistent", "The default ServiceCIDR %v does not match the controller flag configurations %s", c.Spec.CIDRs, s.CIDRs)
		}
		return nil
	}
	for _, condition := range c.Status.Conditions {
		if condition.Type != "Ready" || condition.Status == metav1.ConditionUnknown {
			continue
		}
		if condition.Status == metav1.ConditionFalse && !s.unready {
			s.unready = true
			s.recorder().Warn(ctx, c, condition.Reason, "Configuration matches, but %s", condition.Message)
		}
		return nil
	}
	err := s.Apply(ctx, resource.OwnWrite{Resource: serviceCIDRs, Subresource: "status", Name: defaultCIDR, Manager: cidrController}, map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": map[string]any{"name": defaultCIDR},
		"status": map[string]any{"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "message": "Kubernetes default Service CIDR is ready", "lastTransitionTime": s.Now().UTC().Format(time.RFC3339),
		}}},
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("the default ServiceCIDR cannot be said to be ready", "error", err)
		s.recorder().Warn(ctx, c, "KubernetesDefaultServiceCIDRError", "The default ServiceCIDR Status can not be set to Ready=True")
	}
	return nil
}

func (s *ServiceCIDR) recorder() *record.Recorder {
	return &record.Recorder{Writer: s.Writer, Component: cidrController, Now: s.Now, Log: s.Log}
}
