// Package admission decides, after authorization, whether a request may be carried out, and may change its object on the way.
// It has what plugins share: attributes, the chain, the table of all plugins, selection and configuration. The plugins are in
// the packages below it; the chain runs them in upstream's order.
package admission

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Operation is what is done to an object.
type Operation string

const (
	Create  Operation = "CREATE"
	Update  Operation = "UPDATE"
	Delete  Operation = "DELETE"
	Connect Operation = "CONNECT"
)

// operations are all of them, in the order of the chain's tables.
var operations = [...]Operation{Create, Update, Delete, Connect}

// Attributes are what is to be admitted. They belong to the goroutine of the request.
type Attributes struct {
	Operation Operation
	// Resource is the resource of the path: a subresource's, where the request goes to one.
	Resource *resource.Resource
	// Namespace and Name are those of the path; a create without a name there has that of its object.
	Namespace, Name string
	// Object is the new object, in the version of the request; nil for deletions and connections. Old is the live one; nil for
	// creates and connections.
	Object, Old object.Object
	// Options are the CreateOptions, UpdateOptions or DeleteOptions of the operation; nil for connections and for
	// the server's own writes.
	Options runtime.Object
	// Connection is what a CONNECT asks for; nil for all others.
	Connection *resource.Connection
	User       *resource.UserInfo
	DryRun     bool
	// Attempt takes warnings, audit annotations, and what is to be done once it is known whether the write was stored. In
	// mutating admission of a create only the first two: it ends before the write does. Nil drops warnings and annotations.
	Attempt *resource.Attempt
}

// Warn warns the client.
func (a *Attributes) Warn(texts ...string) {
	if a.Attempt != nil {
		a.Attempt.Warn(texts...)
	}
}

// Annotate annotates the audit event of the request. The first value of a key counts.
func (a *Attributes) Annotate(key, value string) {
	if a.Attempt != nil {
		a.Attempt.Annotate(key, value)
	}
}

// Kind is the kind of the request's body, as the client sees it.
func (a *Attributes) Kind() schema.GroupVersionKind { return a.Resource.GVK() }

// Stored is the kind that the object is stored as, which differs from Kind where a group has several versions, or two groups
// share a kind. For what is not stored it is Kind.
func (a *Attributes) Stored() schema.GroupVersionKind {
	gvk := a.Resource.GVK()
	if group, version, found := strings.Cut(a.Resource.Storage, "/"); found {
		gvk.Group, gvk.Version = group, version
	}
	return gvk
}

// Is says whether the request is for objects of a resource itself, and not for one of its subresources.
func (a *Attributes) Is(group, plural string) bool {
	return a.Resource.Subresource == "" && a.Resource.Resource == plural && a.Resource.Group == group
}

// IsSub says whether the request is for a subresource.
func (a *Attributes) IsSub(group, plural, subresource string) bool {
	return a.Resource.Subresource == subresource && a.Resource.Resource == plural && a.Resource.Group == group
}

// Handler says which operations a plugin is asked about; a plugin that has no such method is asked about all.
type Handler interface {
	Handles(op Operation) bool
}

// On is a set of operations, to be embedded by plugins as their Handler.
type On []Operation

// Handles implements Handler.
func (o On) Handles(op Operation) bool {
	for _, one := range o {
		if one == op {
			return true
		}
	}
	return false
}

// Mutator may change the object or refuse it.
type Mutator interface {
	Admit(ctx context.Context, a *Attributes) error
}

// Validator may refuse the object in its final form; it must not change it.
type Validator interface {
	Validate(ctx context.Context, a *Attributes) error
}
