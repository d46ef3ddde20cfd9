package strategy

import (
	"context"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	policyv1 "github.com/gatehouse-dev/gatehouse/gen/types/policy/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	strategies "github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var statusPath = field.NewPath("status")

// statuses are the rules for what controllers write. They join those that the kinds' own files have for their statuses.
var statuses = map[key]entry{
	{"apps", "deployments", "status"}: counts("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
		"unavailableReplicas", "terminatingReplicas", "collisionCount"),
	{"apps", "replicasets", "status"}: counts("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration",
		"terminatingReplicas"),
	{"apps", "statefulsets", "status"}: counts("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas",
		"observedGeneration", "collisionCount"),
	{"apps", "daemonsets", "status"}: chain(daemonSetStatus, counts("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
		"observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount")),
	{"autoscaling", "horizontalpodautoscalers", "status"}: counts("currentReplicas", "desiredReplicas"),
	{"batch", "jobs", "status"}:                           chain(jobStatus, counts("active", "succeeded", "failed", "ready", "terminating")),
	{"policy", "poddisruptionbudgets", "status"}:          chain(counts("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"), budgetStatus),
	{"", "services", "status"}:                            serviceStatus,
}

// before runs errs before the rules that a status has already.
func before(s *strategies.Strategy, errs func(ctx context.Context, o, old object.Object) field.ErrorList) {
	next := s.ValidateUpdate
	s.ValidateUpdate = func(ctx context.Context, o, old object.Object) field.ErrorList {
		found := errs(ctx, o, old)
		if next != nil {
			found = append(found, next(ctx, o, old)...)
		}
		return found
	}
}

// counts are numbers of a status that cannot be negative, in the order that faults are told in.
func counts(names ...string) entry {
	return func(_ *Deps, row resources.Row, s *strategies.Strategy) { before(s, kind.Counts(row, names...)) }
}

func daemonSetStatus(_ *Deps, _ resources.Row, s *strategies.Strategy) {
	before(s, checkUpdate(func(o, old *appsv1.DaemonSet) field.ErrorList {
		return notDecremented(o.Status.CollisionCount, old.Status.CollisionCount, statusPath.Child("collisionCount"))
	}))
}

func budgetStatus(_ *Deps, _ resources.Row, s *strategies.Strategy) {
	before(s, checkUpdate(func(o, _ *policyv1.PodDisruptionBudget) field.ErrorList {
		return metavalidation.ValidateConditions(o.Status.Conditions, statusPath.Child("conditions"))
	}))
}

func serviceStatus(_ *Deps, _ resources.Row, s *strategies.Strategy) {
	before(s, checkUpdate(func(o, old *corev1.Service) (errs field.ErrorList) {
		path, now := statusPath.Child("loadBalancer", "ingress"), o.Status.LoadBalancer.Ingress
		if o.Spec.Type != loadBalancer && len(now) > 0 {
			return field.ErrorList{field.Forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")}
		}
		var known []string
		for _, i := range old.Status.LoadBalancer.Ingress {
			known = append(known, i.IP)
		}
		for i, x := range now {
			at := path.Index(i)
			if x.IP != "" {
				errs = append(errs, keptIP(at.Child("ip"), x.IP, known)...)
			}
			switch mode := at.Child("ipMode"); {
			case x.IPMode == nil && x.IP != "":
				errs = append(errs, field.Required(mode, "must be specified when `ip` is set"))
			case x.IPMode != nil && x.IP == "":
				errs = append(errs, field.Forbidden(mode, "may not be specified when `ip` is not set"))
			case x.IPMode != nil && *x.IPMode != "Proxy" && *x.IPMode != "VIP":
				errs = append(errs, field.NotSupported(mode, *x.IPMode, []string{"Proxy", "VIP"}))
			}
			errs = append(errs, balancerHost(x.Hostname, at.Child("hostname"))...)
		}
		return errs
	}))
}
