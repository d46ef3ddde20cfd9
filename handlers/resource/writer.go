package resource

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// OwnWrite names an object that a part of the server writes by itself: an allocated address, a bound pod, a role that a
// cluster begins with. Nobody is authorized for it and admission is not asked; all other rules hold.
type OwnWrite struct {
	Resource    schema.GroupVersionResource
	Subresource string
	// Row is the resource itself, where it need not be served; nil for one that is.
	Row *Resource
	// Name is empty for a create: there the object has it.
	Namespace, Name string
	// Manager is who owns the fields that are written: "kube-apiserver" where it is empty. Untracked writes leave the owners as
	// they are.
	Manager   string
	Untracked bool
	// DryRun goes as far as the write can go without leaving anything behind.
	DryRun bool
}

// Writer writes objects for parts of the server, by the same road as requests. Errors are API errors. Safe for concurrent use.
type Writer interface {
	// Create stores o, which becomes what was stored.
	Create(ctx context.Context, w OwnWrite, o object.Object) error
	// Update applies change to the live object, again whenever another writer came first, and returns what was stored. An
	// error of change ends the write and is returned as it is.
	Update(ctx context.Context, w OwnWrite, change func(object.Object) error) (object.Object, error)
	// Delete deletes as a request would: what waits for a grace period or finalizers stays, marked.
	Delete(ctx context.Context, w OwnWrite, options *metav1.DeleteOptions) error
}
