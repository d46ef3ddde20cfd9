package discovery

import (
	"context"
	"strconv"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var endpointSlices = kind.Kind{
	Group: "discovery.k8s.io", Resource: "endpointslices", Strategy: endpointSlice,
	Cells: kind.Cells{
		"sliceEndpoints": kind.CellOf(sliceEndpoints),
		"slicePorts":     kind.CellOf(slicePorts),
	},
}

// endpointSlice counts changes of labels in the generation, because they name the slice's service.
func endpointSlice(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Changed = kind.ChangedBy(func(o, old *discoveryv1.EndpointSlice) bool {
		return resource.ContentChanged(o, old) || !equality.Semantic.DeepEqual(o.Labels, old.Labels)
	})
	drop := func(o, old *discoveryv1.EndpointSlice) {
		if old != nil && equality.Semantic.DeepEqual(o.Endpoints, old.Endpoints) {
			return
		}
		known := map[string]bool{}
		if old != nil {
			for _, e := range old.Endpoints {
				known[e.DeprecatedTopology["kubernetes.io/hostname"]] = true
			}
		}
		for i := range o.Endpoints {
			e := &o.Endpoints[i]
			// The old place of the node name is read only; a partial update must not lose it.
			if name := e.DeprecatedTopology["kubernetes.io/hostname"]; e.NodeName == nil && name != "" && known[name] {
				e.NodeName = &name
			}
			e.DeprecatedTopology = nil
		}
	}
	ports := func(o *discoveryv1.EndpointSlice) field.ErrorList {
		return slicePortFaults(o.Ports, field.NewPath("ports"))
	}
	s.ValidateCreate = kind.Check(func(o *discoveryv1.EndpointSlice) field.ErrorList {
		return append(endpointFaults(o, field.NewPath("endpoints")), ports(o)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *discoveryv1.EndpointSlice) field.ErrorList {
		// Older versions accepted endpoints that are invalid now; unchanged ones are tolerated.
		errs := endpointFaults(o, field.NewPath("endpoints"))
		if len(errs) > 0 && equality.Semantic.DeepEqual(o.Endpoints, old.Endpoints) {
			errs = nil
		}
		return append(errs, ports(o)...)
	})
	s.Warnings = kind.Warn(warnOfEndpointSlice)
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *discoveryv1.EndpointSlice) error {
		drop(o, nil)
		return nil
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *discoveryv1.EndpointSlice) error {
		drop(o, old)
		return nil
	})
}

func warnOfEndpointSlice(o, old *discoveryv1.EndpointSlice) (out []string) {
	if old == nil && o.AddressType == "FQDN" {
		out = append(out, "spec.addressType: FQDN endpoints are deprecated")
	}
	switch o.Labels["endpointslice.kubernetes.io/managed-by"] {
	case "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io":
		return out
	}
	for i, e := range o.Endpoints {
		for j, a := range e.Addresses {
			out = append(out, validation.GetWarningsForIP(field.NewPath("endpoints").Index(i).Child("addresses").Index(j), a)...)
		}
	}
	return out
}

// slicePorts is the column of ports: their numbers, or the names of ports without one.
func slicePorts(s *discoveryv1.EndpointSlice) string {
	list := kind.ShortList{Limit: 3, Separator: ","}
	for _, p := range s.Ports {
		switch {
		case p.Port != nil:
			list.Add(strconv.Itoa(int(*p.Port)))
		case p.Name != nil:
			list.Add(*p.Name)
		default:
			list.Add("*")
		}
	}
	return list.Text("<unset>")
}

func sliceEndpoints(s *discoveryv1.EndpointSlice) string {
	list := kind.ShortList{Limit: 3, Separator: ","}
	for _, e := range s.Endpoints {
		for _, a := range e.Addresses {
			list.Add(a)
		}
	}
	return list.Text("<unset>")
}
