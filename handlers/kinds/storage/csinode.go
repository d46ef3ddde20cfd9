package storage

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var csiNodes = kind.Kind{Group: group, Resource: "csinodes", Strategy: csiNode}

func csiNode(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(func(o *storagev1.CSINode) (errs field.ErrorList) {
		names := make(map[string]bool, len(o.Spec.Drivers))
		for i, d := range o.Spec.Drivers {
			errs = append(errs, nodeDriver(&d, names, spec.Child("drivers").Index(i))...)
		}
		return errs
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *storagev1.CSINode) (errs field.ErrorList) {
		// Names are unique; of duplicates the last counts.
		byName := make(map[string]storagev1.CSINodeDriver, len(o.Spec.Drivers))
		for _, now := range o.Spec.Drivers {
			byName[now.Name] = now
		}
		for _, was := range old.Spec.Drivers {
			if now, kept := byName[was.Name]; kept {
				now.Allocatable, was.Allocatable = nil, nil
				errs = append(errs, kind.Unchanged(&now, &was, spec.Child("drivers"))...)
			}
		}
		return errs
	})
}

const longestNodeID = 256

// nodeDriver validates one driver. Faults of topology keys are reported at the driver.
func nodeDriver(d *storagev1.CSINodeDriver, names map[string]bool, path *field.Path) (errs field.ErrorList) {
	if len(d.NodeID) > longestNodeID {
		errs = append(errs, field.Invalid(path.Child("nodeID"), d.NodeID, fmt.Sprintf("must be %d characters or less", longestNodeID)))
	}
	if names[d.Name] {
		errs = append(errs, field.Duplicate(path.Child("name"), d.Name))
	}
	names[d.Name] = true
	keys := make(map[string]bool, len(d.TopologyKeys))
	for _, k := range d.TopologyKeys {
		if k == "" {
			errs = append(errs, field.Required(path, ""))
		}
		if keys[k] {
			errs = append(errs, field.Duplicate(path, k))
		}
		keys[k] = true
		errs = append(errs, kind.Qualified(path, k)...)
	}
	return errs
}
