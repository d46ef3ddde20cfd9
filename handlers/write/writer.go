// Package write is the object half of every write, without HTTP: create, update, delete and actions, for requests and for the
// server's own parts. All objects in the store are written through it, so no rule can be bypassed.
//
// A write is one or more attempts. An attempt decodes the live object, decides on its next state, and stores that by
// compare-and-swap. On a conflict its effects are undone and the next attempt begins with the newer object. The order of an
// attempt is in order.go, the retry loop in attempts.go.
package write

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Writer carries out writes. It is safe for concurrent use; its fields are not changed after its first write.
type Writer struct {
	Store    storage.Store
	Registry *resource.Registry
	// Admission is asked about every write but the server's own; nil admits everything.
	Admission *admission.Chain
	// Authorizer authorizes effects that need more than the request's verb, such as an update that creates. Nil refuses them.
	Authorizer authz.Authorizer
	// Now is the clock.
	Now func() time.Time
}

// Request is a write and who asked for it. The caller has authorized it for its verb.
type Request struct {
	// Resource is that of the path: the subresource, for a write to one.
	Resource *resource.Resource
	// Namespace and Name are those of the path; a create has no name there.
	Namespace, Name string
	// Verb is create, update, patch, delete or deletecollection.
	Verb string
	// User and UserAgent are the client's. A request without a user is refused; own writes of the server go through Own.
	User      *resource.UserInfo
	UserAgent string
	// FieldManager is the fieldManager parameter; empty for the default, which is the user agent's.
	FieldManager string
	DryRun       bool
	// Options are those of the request, for admission: CreateOptions, UpdateOptions, PatchOptions or DeleteOptions; nil for own
	// writes.
	Options runtime.Object
	// Recorder gets the warnings and audit annotations of the attempt that decides the response; nil drops them.
	Recorder *resource.Recorder

	// own marks a write of the server itself: see resource.OwnWrite.
	own bool
	// untracked writes leave managedFields as they are.
	untracked bool
}

// Result is the result of a write.
type Result struct {
	// Stored is the stored form, with its revision. For a removed object it is the last state.
	Stored storage.KeyValue
	// Created is set when an update has created the object.
	Created bool
	// Marked is set when a deletion has marked the object, which stays; Removed when it is gone. Neither is set when it was
	// being deleted already.
	Marked, Removed bool
	// Last is the object that a deletion has marked or removed; nil for other writes.
	Last object.Object
}

// errNoUser is a fault of the caller: every client has a user, if an anonymous one.
var errNoUser = errors.New("a write needs a user")

// operation is a request with the state of its write.
type operation struct {
	*Writer
	*Request
	// bare is set when the object was too large for the store; it is then written without managedFields.
	bare bool
	// tracked is set when the change itself has updated managedFields, as an apply does.
	tracked bool
}

func (w *Writer) begin(r *Request) (*operation, error) {
	if r.User == nil && !r.own {
		return nil, errNoUser
	}
	return &operation{Writer: w, Request: r}, nil
}

// main is the resource whose object is stored: the parent of a subresource.
func (op *operation) main() *resource.Resource {
	if op.Resource.Parent != nil {
		return op.Resource.Parent
	}
	return op.Resource
}

// encode is the stored form of an object, which has no resourceVersion.
func (op *operation) encode(ctx context.Context, o object.Object) ([]byte, error) {
	version := o.GetResourceVersion()
	o.SetResourceVersion("")
	b, err := op.main().Encode(ctx, o)
	o.SetResourceVersion(version)
	return b, err
}

// storeError is the API error for an error of the store.
func (op *operation) storeError(err error, name string) error {
	return resource.StatusError(err, op.Resource.GroupResource(), name)
}

// try begins an attempt.
func (op *operation) try() *resource.Attempt {
	return &resource.Attempt{Namespace: op.Namespace, Name: op.Name, Verb: op.Verb, User: op.User, UserAgent: op.UserAgent, DryRun: op.DryRun}
}
