// Package apps has the kinds of the group apps.
package apps

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
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

// unreadable is the message about an invalid selector.
const unreadable = "invalid label selector"

// Types of update strategies.
const rollingUpdate, onDelete = "RollingUpdate", "OnDelete"

// FieldRules are the rules that the model names in the types of the group.
var FieldRules = validation.Table{Rules: map[string]validation.Rule{
	"deploy-strategy":   validation.Whole(deploymentStrategy),
	"daemon-strategy":   validation.Whole(daemonSetStrategy),
	"stateful-strategy": validation.Whole(statefulSetStrategy),
	"pod-management":    validation.Text(nil, podManagement),
}}
