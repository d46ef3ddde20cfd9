// Package verb answers requests on resources: one file per verb, the same code for every resource. What is particular to
// a resource is in its row, its codec and its strategy.
package verb

import (
	"context"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// Handlers has what the verbs need. It is safe for concurrent use; its fields are not changed after its first request.
type Handlers struct {
	Store *cache.Cache
	// Writer carries out the writes.
	Writer *write.Writer
	// Meter is where the lists and watches of a resource are counted; nil counts nothing.
	Meter func(*resource.Resource) Meter
	// Now is the clock; time.Now but for tests.
	Now func() time.Time
	// MinWatch is the least time that a watch lasts when its client does not say (--min-request-timeout); the actual time
	// is random between it and twice that, so that clients do not come back all at once.
	MinWatch time.Duration

	open openWatches
	room room
}

// writeLimit is how long a write may take, if the request has no earlier deadline (upstream's figure).
const writeLimit = 34 * time.Second

// Handle answers a request about a resource.
func (h *Handlers) Handle(r *pipeline.Request) error {
	res := r.Resource
	if res != nil && r.Info.Verb == "watch" && !watched(r) {
		return pipeline.NotFound()
	}
	if res == nil || !h.allowed(r) {
		return methodNotAllowed()
	}
	if err := codec.Route(r.HTTP, r.Info.Verb == "list" || r.Info.Verb == "watch"); err != nil {
		return err
	}
	if err := h.loaded(); err != nil {
		return err
	}
	if res.Warning != "" {
		r.Writer.Warn(res.Warning)
	}
	switch r.Info.Verb {
	case "get":
		return h.get(r)
	case "list":
		return h.list(r)
	case "watch":
		if err := h.open.over(); err != nil {
			return err
		}
		return h.watch(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), writeLimit)
	defer cancel()
	r.WithContext(ctx)
	switch r.Info.Verb {
	case "create":
		return h.create(r)
	case "update":
		return h.update(r)
	case "patch":
		return h.patch(r)
	case "delete":
		return h.delete(r)
	case "deletecollection":
		return h.deleteCollection(r)
	}
	return methodNotAllowed()
}

// loaded is the 429 for requests while the server starts; to hold them here would pile them up.
func (h *Handlers) loaded() error {
	select {
	case <-h.Store.Loaded():
		return nil
	default:
		return apierrors.NewTooManyRequests("storage is (re)initializing", 1)
	}
}

// allowed says whether the row has the verb, the path is one that the verb can have, and this server can carry it out.
func (h *Handlers) allowed(r *pipeline.Request) bool {
	res := r.Resource
	// A list that nobody can watch answers that itself.
	has := res.HasVerb(r.Info.Verb) || r.Info.Verb == "watch" && res.HasVerb("list")
	if len(res.Connect) > 0 || !has || !methods[r.Info.Verb+" "+r.HTTP.Method] {
		return false
	}
	everywhere := res.Namespaced && r.Info.Namespace == ""
	switch r.Info.Verb {
	case "list", "watch":
	case "deletecollection":
		if everywhere {
			return false
		}
	case "create":
		if everywhere || (r.Info.Name != "") != (res.Parent != nil) {
			return false
		}
	default:
		if everywhere || r.Info.Name == "" {
			return false
		}
	}
	return res.Codec != nil || r.Info.Verb == "create" && res.Strategy.Create != nil
}

// methods are the HTTP methods of the verbs. A deprecated path of a watch has the verb with any method.
var methods = map[string]bool{
	"get GET": true, "list GET": true, "watch GET": true, "create POST": true, "update PUT": true, "patch PATCH": true,
	"delete DELETE": true, "deletecollection DELETE": true,
}

// methodNotAllowed is the 405 for a path that is served, but not so.
func methodNotAllowed() error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusMethodNotAllowed, Reason: metav1.StatusReasonMethodNotAllowed,
		Message: "the server does not allow this method on the requested resource", Details: &metav1.StatusDetails{},
	}}
}

// objectKey is where the object that a path names lies; 400 for a name that none can have.
func objectKey(res *resource.Resource, namespace, name string) (string, error) {
	if err := resource.CheckName(name); err != nil {
		return "", err
	}
	return res.ObjectKey(namespace, name), nil
}

func validName(name string) bool {
	if name == "." || name == ".." {
		return false
	}
	for _, c := range name {
		if c == '/' || c == '%' || c == 0 {
			return false
		}
	}
	return true
}

// storageError is the API error for an error of the store.
func storageError(err error, r *pipeline.Request, name string) error {
	return resource.StatusError(err, r.Resource.GroupResource(), name)
}

// checkName puts the name of the path into an object that has none and refuses another one.
func checkName(r *pipeline.Request, o object.Object) error {
	switch {
	case o.GetName() == "":
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s based on URL) was undeterminable: name must be provided", r.Info.Name))
	case o.GetName() != r.Info.Name:
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", o.GetName(), r.Info.Name))
	}
	return nil
}
