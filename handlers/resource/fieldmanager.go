package resource

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// FieldManager keeps account of who owns which field of an object, for the writes to one endpoint. Safe for concurrent use.
type FieldManager interface {
	// Track gives next, what a writer makes of live, the managedFields that follow from it; live is nil for a create.
	Track(live, next object.Object, manager string, now time.Time)
	// Apply merges what a manager wants to have into a live object. The result is a new object with its defaults and its
	// managedFields. Errors are API errors, or become 500.
	Apply(a Applied, now time.Time) (object.Object, error)
}

// Applied is one server-side apply.
type Applied struct {
	// Live is the object that is there; nil makes a new one. Text is Live as JSON.
	Live object.Object
	Text func() ([]byte, error)
	// Configuration is what the manager wants; it must not be changed.
	Configuration map[string]any
	Manager       string
	// Force takes fields that others own.
	Force bool
}

// OwnersOfView carries the owners of fields between an object and a view of it: a scale.
type OwnersOfView interface {
	// View are the entries of the view of an object with these.
	View(entries []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error)
	// Object are the entries of the object after those of its view have become view.
	Object(entries, view []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error)
}
