package columns

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ofObject are the functions of columns that look at a whole object, by the name that openapi/ gives them.
var ofObject = map[string]cell{
	"controllerOf":    controllerOf,
	"jobCompletions":  of(jobCompletions),
	"jobDuration":     since(jobDuration),
	"jobStatus":       of(jobStatus),
	"poolAllocated":   of(poolAllocated),
	"poolAvailable":   of(poolAvailable),
	"poolCompleted":   since(poolCompleted),
	"poolErrors":      of(poolErrors),
	"poolStatus":      of(poolStatus),
	"poolTotal":       of(poolTotal),
	"poolUnavailable": of(poolUnavailable),
	"scalerTargets":   of(scalerTargets),
}

// ofValues are the functions that get values, so that several versions or kinds can share them.
var ofValues = map[string]func(v values, now time.Time) any{
	"bareSelector": bareSelector,
	"claimState":   claimState,
	"paramRef":     paramRef,
}

// of makes a cell of a function on one kind. An object of another kind, which would be a fault of whoever reads the
// table, gets an empty cell and not a panic.
func of[T object.Object, V any](f func(T) V) cell {
	return since(func(o T, _ time.Time) V { return f(o) })
}

// since is of, for functions that need the time.
func since[T object.Object, V any](f func(T, time.Time) V) cell {
	return func(o object.Object, now time.Time) any {
		if o, ok := o.(T); ok {
			return f(o, now)
		}
		return ""
	}
}

// bareSelector writes a selector as it is used in queries; one that selects nothing is empty.
func bareSelector(v values, _ time.Time) any {
	s, _ := v[0].(*metav1.LabelSelector)
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return "<invalid>"
	}
	return selector.String()
}
