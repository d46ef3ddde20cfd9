// Package storage has the kinds of storage.k8s.io.
package storage

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const group = "storage.k8s.io"

var spec = field.NewPath("spec")

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{attributesClasses, csiDrivers, csiNodes, storageCapacities, storageClasses, volumeAttachments}
