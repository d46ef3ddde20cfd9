// Package scheduling has the kinds of scheduling.k8s.io.
package scheduling

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "scheduling.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{podGroups, priorityClasses, workloads}
