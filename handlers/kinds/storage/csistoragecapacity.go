package storage

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var storageCapacities = kind.Kind{
	Group: group, Resource: "csistoragecapacities",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Warnings = kind.Warn(func(o, _ *storagev1.CSIStorageCapacity) []string {
			return kind.SelectorLabels(o.NodeTopology, field.NewPath("nodeTopology"))
		})
	},
}
