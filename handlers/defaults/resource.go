package defaults

import (
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"
)

// allocation is of an exact count unless said otherwise, and then of one.
func allocation(mode *string, count *int64) {
	if *mode == "" {
		*mode = "ExactCount"
	}
	if *mode == "ExactCount" && *count == 0 {
		*count = 1
	}
}

// added is the moment a taint was first seen, in the resolution that is stored.
func added(t **metav1.Time) { setIfNil(t, metav1.Time{Time: time.Now().Truncate(time.Second)}) }

// multiplier of a mapping to what a node allocates is one.
func multiplier(q **resource.Quantity) { setIfNil(q, resource.MustParse("1")) }

func requestsV1(l []resourcev1.DeviceRequest) {
	for i := range l {
		if e := l[i].Exactly; e != nil {
			allocation(&e.AllocationMode, &e.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}

func resourceClaimV1(c *resourcev1.ResourceClaim) {
	requestsV1(c.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimTemplateV1(c *resourcev1.ResourceClaimTemplate) {
	requestsV1(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceSliceV1(s *resourcev1.ResourceSlice) {
	for i := range s.Spec.Devices {
		d := &s.Spec.Devices[i]
		for j := range d.Taints {
			added(&d.Taints[j].TimeAdded)
		}
		for k, m := range d.NodeAllocatableResourceMappings {
			multiplier(&m.AllocationMultiplier)
			d.NodeAllocatableResourceMappings[k] = m
		}
	}
}

func requestsV1beta1(l []resourcev1beta1.DeviceRequest) {
	for i := range l {
		if r := &l[i]; r.DeviceClassName != "" {
			allocation(&r.AllocationMode, &r.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}

func resourceClaimV1beta1(c *resourcev1beta1.ResourceClaim) {
	requestsV1beta1(c.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimTemplateV1beta1(c *resourcev1beta1.ResourceClaimTemplate) {
	requestsV1beta1(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceSliceV1beta1(s *resourcev1beta1.ResourceSlice) {
	for i := range s.Spec.Devices {
		d := s.Spec.Devices[i].Basic
		if d == nil {
			continue
		}
		for j := range d.Taints {
			added(&d.Taints[j].TimeAdded)
		}
		for k, m := range d.NodeAllocatableResourceMappings {
			multiplier(&m.AllocationMultiplier)
			d.NodeAllocatableResourceMappings[k] = m
		}
	}
}

func requestsV1beta2(l []resourcev1beta2.DeviceRequest) {
	for i := range l {
		if e := l[i].Exactly; e != nil {
			allocation(&e.AllocationMode, &e.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}

func resourceClaimV1beta2(c *resourcev1beta2.ResourceClaim) {
	requestsV1beta2(c.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceClaimTemplateV1beta2(c *resourcev1beta2.ResourceClaimTemplate) {
	requestsV1beta2(c.Spec.Spec.Devices.Requests)
	c.SetDefaults()
}

func resourceSliceV1beta2(s *resourcev1beta2.ResourceSlice) {
	for i := range s.Spec.Devices {
		d := &s.Spec.Devices[i]
		for j := range d.Taints {
			added(&d.Taints[j].TimeAdded)
		}
		for k, m := range d.NodeAllocatableResourceMappings {
			multiplier(&m.AllocationMultiplier)
			d.NodeAllocatableResourceMappings[k] = m
		}
	}
}

func deviceTaintRuleV1beta2(r *resourcev1beta2.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }

func deviceTaintRuleV1alpha3(r *resourcev1alpha3.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }
