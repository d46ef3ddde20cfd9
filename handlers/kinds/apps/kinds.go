// Package apps has the kinds of the group apps: what makes pods and keeps them running.
package apps

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{
	controllerRevisions,
	daemonSets,
	deployments,
	replicaSets,
	statefulSets,
}

const group = "apps"

var spec = field.NewPath("spec")

// unreadable is said of a selector that cannot be read.
const unreadable = "invalid label selector"

const rollingUpdate = "RollingUpdate"
