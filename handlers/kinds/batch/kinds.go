// Package batch has the kinds of the group batch.
package batch

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{cronJobs, jobs}

const group = "batch"

var spec, status = field.NewPath("spec"), field.NewPath("status")

// FieldRules are the texts about missing values in pod failure policies.
var FieldRules = validation.Table{Details: map[string]string{
	"actions":   `valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
	"operators": `valid values: ["In" "NotIn"]`,
}}
