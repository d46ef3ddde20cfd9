package columns

import (
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ofObject are the functions of columns that look at a whole object, by the name that openapi/ gives them.
var ofObject = map[string]cell{
	"poolAllocated":   of(poolAllocated),
	"poolAvailable":   of(poolAvailable),
	"poolCompleted":   since(poolCompleted),
	"poolErrors":      of(poolErrors),
	"poolStatus":      of(poolStatus),
	"poolTotal":       of(poolTotal),
	"poolUnavailable": of(poolUnavailable),
}

// ofValues are the functions that get values, so that several versions or kinds can share them.
var ofValues = map[string]func(v values, now time.Time) any{
	"claimState": claimState,
	"paramRef":   paramRef,
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
