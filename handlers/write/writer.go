// Package write is the object half of every write, without HTTP: create, update, delete and actions, for requests and for
// parts of the server alike. Nothing is written to the store past it, so no rule has a second road around it.
//
// A write is one or more attempts. An attempt sees the live object, decides what it becomes, and tries to store that by
// compare-and-swap; when another writer was faster, its effects are undone and the next attempt begins with the newer
// object. The order of an attempt is in order.go, the loop in attempts.go.
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
	// Authorizer is asked for rights that the effect of a write needs beside its verb: an update that creates. Nil refuses.
	Authorizer authz.Authorizer
	// Now is the clock; time.Now but for tests.
	Now func() time.Time
}

// Request is what is to be written, and for whom. The caller has authorized it for its verb.
type Request struct {
	// Resource is the one of the path: a subresource's, where the write goes to one.
	Resource *resource.Resource
	// Namespace and Name are those of the path; a create has no name there.
	Namespace, Name string
	// Verb is create, update, patch, delete or deletecollection.
	Verb string
	// User and UserAgent are the client's. A request without a user is refused: own writes of the server go through Own.
	User      *resource.UserInfo
	UserAgent string
	// FieldManager is the name that the client gives itself as an owner of fields; empty for that of its user agent.
	FieldManager string
	DryRun       bool
	// Options are those of the request, for admission: CreateOptions, UpdateOptions, PatchOptions or DeleteOptions; nil for own
	// writes.
	Options runtime.Object
	// Recorder gets the warnings and audit annotations of the attempt that decides the answer; nil drops them.
	Recorder *resource.Recorder

	// own marks a write of the server itself: see resource.OwnWrite.
	own bool
	// untracked: the write leaves the owners of fields as they are.
	untracked bool
}

// Result is what a write has left.
type Result struct {
	// Stored is the stored form, with its revision. Of an object that was removed it is the last state.
	Stored storage.KeyValue
	// Created: an update has created the object.
	Created bool
	// Marked: a deletion has marked the object, which stays; Removed: it is gone. Neither: it was on its way out already.
	Marked, Removed bool
	// Last is the object that a deletion has marked or removed; nil for other writes.
	Last object.Object
}

// errNoUser is a fault of the caller, never of a client: authentication always finds a user.
var errNoUser = errors.New("a write needs a user")

// operation is one request on its way.
type operation struct {
	*Writer
	*Request
	// bare: the object was too large for the store, so it is written without managedFields.
	bare bool
	// tracked: the change itself has settled who owns what, as an apply does.
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

// encode is the stored form of an object; its resourceVersion is not part of it.
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
