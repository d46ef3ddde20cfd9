package dra

import (
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var poolStatusRequests = kind.Kind{
	Group: group, Resource: "resourcepoolstatusrequests", Strategy: poolStatusRequest,
	Subresources: map[string]kind.Strategy{"status": poolStatusRequestStatus},
	Cells: kind.Cells{
		"poolAllocated":   kind.CellOf(poolAllocated),
		"poolAvailable":   kind.CellOf(poolAvailable),
		"poolCompleted":   kind.CellSince(poolCompleted),
		"poolErrors":      kind.CellOf(poolErrors),
		"poolStatus":      kind.CellOf(poolStatus),
		"poolTotal":       kind.CellOf(poolTotal),
		"poolUnavailable": kind.CellOf(poolUnavailable),
	},
}

type poolRequest = resourcev1alpha3.ResourcePoolStatusRequest

func poolTotal(r *poolRequest) string {
	return poolSum(r, func(p *resourcev1alpha3.PoolStatus) *int32 { return p.TotalDevices })
}

func poolAvailable(r *poolRequest) string {
	return poolSum(r, func(p *resourcev1alpha3.PoolStatus) *int32 { return p.AvailableDevices })
}

func poolAllocated(r *poolRequest) string {
	return poolSum(r, func(p *resourcev1alpha3.PoolStatus) *int32 { return p.AllocatedDevices })
}

func poolUnavailable(r *poolRequest) string {
	return poolSum(r, func(p *resourcev1alpha3.PoolStatus) *int32 { return p.UnavailableDevices })
}

func poolErrors(r *poolRequest) string {
	one := int32(1)
	return poolSum(r, func(p *resourcev1alpha3.PoolStatus) *int32 {
		if p.ValidationError == nil {
			return nil
		}
		return &one
	})
}

// poolSum is a column with the sum over all pools, or "-" without a status and after a failure.
func poolSum(r *poolRequest, number func(*resourcev1alpha3.PoolStatus) *int32) string {
	if outcome, _ := poolOutcome(r); r.Status == nil || outcome == "Failed" {
		return "-"
	}
	var sum int32
	for i := range r.Status.Pools {
		if n := number(&r.Status.Pools[i]); n != nil {
			sum += *n
		}
	}
	return strconv.Itoa(int(sum))
}

// poolOutcome is the first true condition that ends a request, with its time.
func poolOutcome(r *poolRequest) (string, time.Time) {
	if r.Status != nil {
		for _, c := range r.Status.Conditions {
			if c.Status == metav1.ConditionTrue && (c.Type == "Complete" || c.Type == "Failed") {
				return c.Type, c.LastTransitionTime.Time
			}
		}
	}
	return "Pending", time.Time{}
}

// poolStatus is the status column, which also says whether the list of pools is cut.
func poolStatus(r *poolRequest) string {
	outcome, _ := poolOutcome(r)
	if outcome == "Complete" && r.Status.PoolCount != nil && int(*r.Status.PoolCount) > len(r.Status.Pools) {
		return fmt.Sprintf("Complete (%d/%d pools)", len(r.Status.Pools), *r.Status.PoolCount)
	}
	return outcome
}

func poolCompleted(r *poolRequest, now time.Time) string {
	if outcome, at := poolOutcome(r); outcome == "Complete" {
		return kind.Age(at, now)
	}
	return "<none>"
}
