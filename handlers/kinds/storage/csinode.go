package storage

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var csiNodes = kind.Kind{Group: group, Resource: "csinodes", Strategy: csiNode}

func csiNode(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *storagev1.CSINode) (errs field.ErrorList) {
		// Names are unique; of one that repeats the last counts.
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
