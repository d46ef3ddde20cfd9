package dra

import (
	"context"
	"fmt"
	"strings"

	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var resourceSlices = kind.Kind{
	Group: group, Resource: "resourceslices", Strategy: resourceSlice, MovedFields: moved,
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(resourceSliceV1), "v1beta1": kind.OnDefault(resourceSliceV1beta1), "v1beta2": kind.OnDefault(resourceSliceV1beta2),
	},
}

func resourceSlice(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	driver := kind.Compile(row, "spec.driver")
	v := kind.Version[*resourcev1.ResourceSlice](row, "v1", moved)
	// The only field rules are those of node selectors, which the hooks run in upstream's order.
	if nothing, ok := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]().(object.Object); ok {
		s.Ruled = func(object.Object, bool) object.Object { return nothing }
	}
	s.ValidateCreate = v.Check(func(o *resourcev1.ResourceSlice) field.ErrorList { return validateSlice(o, nil) })
	s.ValidateUpdate = v.CheckUpdate(validateSlice)
	s.Warnings = func(_ context.Context, o, _ object.Object) []string { return driverName(kind.Text(driver.Get(o))) }
}

func driverName(name string) []string {
	if name == strings.ToLower(name) {
		return nil
	}
	return []string{fmt.Sprintf("spec.driver: driver names should be lowercase; %q contains uppercase characters", name)}
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

// multiplier of a mapping defaults to one.
func multiplier(q **quantity.Quantity) { kind.SetIfNil(q, quantity.MustParse("1")) }
