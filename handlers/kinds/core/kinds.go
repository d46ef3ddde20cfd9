// Package core has the kinds of the core group.
package core

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{
	bindings,
	claims,
	componentStatuses,
	configMaps,
	endpoints,
	events,
	limitRanges,
	namespaces,
	nodes,
	persistentVolumes,
	podTemplates,
	pods,
	replicationControllers,
	resourceQuotas,
	secrets,
	serviceAccounts,
	services,
}

// group is the core group.
const group = ""

var spec, status = field.NewPath("spec"), field.NewPath("status")
