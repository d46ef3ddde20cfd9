// Package events has the kinds of events.k8s.io.
package events

import (
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{events}

const group = "events.k8s.io"
