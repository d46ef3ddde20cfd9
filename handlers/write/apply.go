package write

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Configuration is the body of a server-side apply.
type Configuration struct {
	Content map[string]any
	// Force takes over fields from other managers.
	Force bool
	// Check is asked when a configuration could be applied: it refuses one that is wrong in its form, or warns of it. It may be nil.
	Check func(a *resource.Attempt, o object.Object) error
}

// Apply merges a configuration into the object that the request names, or creates that, for whoever has the right to. The
// request must have a field manager. Errors are API errors.
func (w *Writer) Apply(ctx context.Context, r *Request, c *Configuration) (Result, error) {
	op, err := w.begin(r)
	if err != nil {
		return Result{}, err
	}
	op.tracked = true
	for {
		result, err := op.update(ctx, false, func(ctx context.Context, a *resource.Attempt, current storage.KeyValue, live object.Object) (object.Object, error) {
			return op.applied(ctx, a, c, current, live)
		})
		if !errors.Is(err, storage.ErrNotFound) || r.Resource.Parent != nil {
			return result, op.storeError(err, r.Name)
		}
		result.Created = true
		result.Stored, err = op.applyNew(ctx, c)
		if !apierrors.IsAlreadyExists(err) || ctx.Err() != nil || r.DryRun {
			return result, err
		}
	}
}

// applied is the result of merging a configuration into a live object.
func (op *operation) applied(ctx context.Context, a *resource.Attempt, c *Configuration, current storage.KeyValue, live object.Object) (object.Object, error) {
	what := resource.Applied{
		Live: live, Configuration: c.Content, Manager: op.manager(), Force: c.Force,
		Text: func() ([]byte, error) {
			return op.main().Codec.AppendJSON(nil, current.Value, current.Revision, false)
		},
	}
	isView := op.Resource.Strategy.View != nil
	if isView {
		shown, err := op.shown(live)
		if err != nil {
			return nil, err
		}
		what.Live, what.Text = shown, func() ([]byte, error) { return json.Marshal(shown) }
	}
	o, err := op.Resource.FieldManager.Apply(what, op.Now())
	if err != nil {
		return nil, applyError(err)
	}
	if c.Check != nil {
		if err := c.Check(a, o); err != nil {
			return nil, err
		}
	}
	return op.merge(ctx, a, o, live, false)
}

// applyNew creates the object of a configuration.
func (op *operation) applyNew(ctx context.Context, c *Configuration) (storage.KeyValue, error) {
	a := op.try()
	defer a.Settle(false)
	defer a.Tell(op.Recorder)
	o, err := op.Resource.FieldManager.Apply(resource.Applied{Configuration: c.Content, Manager: op.manager(), Force: c.Force}, op.Now())
	if err != nil {
		return storage.KeyValue{}, applyError(err)
	}
	if c.Check != nil {
		if err := c.Check(a, o); err != nil {
			return storage.KeyValue{}, err
		}
	}
	if err := op.CheckNamespace(o); err != nil {
		return storage.KeyValue{}, err
	}
	if uid := o.GetUID(); uid != "" {
		return storage.KeyValue{}, apierrors.NewConflict(op.Resource.GroupResource(), op.Name,
			fmt.Errorf("uid mismatch: the provided object specified uid %s, and no existing object was found", uid))
	}
	return op.createInstead(ctx, o)
}

// applyError is the answer to an apply that cannot be done. Upstream says 500 of a configuration that does not fit the schema.
func applyError(err error) error {
	var status *apierrors.StatusError
	if !errors.As(err, &status) {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Message: err.Error()}}
	}
	if d := status.ErrStatus.Details; d != nil && apierrors.IsConflict(err) {
		// The library tells of conflicts in the order of a map.
		slices.SortStableFunc(d.Causes, func(a, b metav1.StatusCause) int { return strings.Compare(a.Message, b.Message) })
	}
	return err
}
