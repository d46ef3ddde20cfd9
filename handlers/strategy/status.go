package strategy

import (
	"context"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
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
