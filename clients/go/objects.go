package kube

import (
	"context"
	"encoding/json"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const jsonType = "application/json"

// Get reads an object.
func (b Bound[T, L]) Get(ctx context.Context, name string, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.get(ctx, name, "", out, opts))
}

// Create makes an object and returns what became of it.
func (b Bound[T, L]) Create(ctx context.Context, object *T, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.create(ctx, object, out, opts))
}

// Replace writes an object in place of the one with its name. With a resourceVersion in it, it is a conflict if somebody else
// has written since.
func (b Bound[T, L]) Replace(ctx context.Context, object *T, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.replace(ctx, object, "", out, opts))
}

// Patch changes an object: see Merge, Strategic and JSON.
func (b Bound[T, L]) Patch(ctx context.Context, name string, patch Patch, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.patch(ctx, name, "", patch, out, opts))
}

// Apply is server-side apply: the object has the fields that the field manager wants to own. It is a *T, a map, or JSON or YAML.
func (b Bound[T, L]) Apply(ctx context.Context, object any, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.apply(ctx, object, "", out, opts))
}

// Delete deletes an object, or marks it to be deleted.
func (b Bound[T, L]) Delete(ctx context.Context, name string, opts ...Option) error {
	path, err := b.scope.path(name)
	if err != nil {
		return err
	}
	return b.scope.remove(ctx, path, opts)
}

// DeleteCollection deletes all objects that the options select.
func (b Bound[T, L]) DeleteCollection(ctx context.Context, opts ...Option) error {
	return b.scope.remove(ctx, b.scope.row.path(b.scope.namespace, ""), opts)
}

// maxUpdates is how often an update begins anew when others write too.
const maxUpdates = 10

// Update reads an object, lets change alter it, and writes it; when somebody else has written in between, it does so again. So
// change may be called several times, each time with a fresh object.
func (b Bound[T, L]) Update(ctx context.Context, name string, change func(*T) error, opts ...Option) (*T, error) {
	for tries := 1; ; tries++ {
		object, err := b.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		if err := change(object); err != nil {
			return nil, err
		}
		out, err := b.Replace(ctx, object, opts...)
		if err == nil || !apierrors.IsConflict(err) || tries == maxUpdates {
			return out, err
		}
		if err := b.scope.client.sleep(ctx, backoff(tries)); err != nil {
			return nil, err
		}
	}
}

// result is the object, or the error alone.
func result[T any](out *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s scope) get(ctx context.Context, name, below string, into any, opts []Option) error {
	path, err := s.path(name, segments(below)...)
	if err != nil {
		return err
	}
	return s.call(ctx, request{method: http.MethodGet, path: path}, optionsOf(opts), into)
}

func (s scope) create(ctx context.Context, object, into any, opts []Option) error {
	s, _, err := s.name(object)
	if err != nil {
		return err
	}
	body, err := encodeKind(object, s.row)
	if err != nil {
		return err
	}
	return s.write(ctx, request{method: http.MethodPost, path: s.row.path(s.namespace, ""), contentType: jsonType, body: body}, optionsOf(opts), into)
}

func (s scope) replace(ctx context.Context, object any, below string, into any, opts []Option) error {
	s, name, err := s.name(object)
	if err != nil {
		return err
	}
	body, err := encodeKind(object, s.row)
	if err != nil {
		return err
	}
	return s.put(ctx, name, below, body, into, opts)
}

// put replaces an object or what lies below it.
func (s scope) put(ctx context.Context, name, below string, body []byte, into any, opts []Option) error {
	path, err := s.path(name, segments(below)...)
	if err != nil {
		return err
	}
	return s.write(ctx, request{method: http.MethodPut, path: path, contentType: jsonType, body: body}, optionsOf(opts), into)
}

func segments(below string) []string {
	if below == "" {
		return nil
	}
	return []string{below}
}

// remove deletes what is at a path. How it is deleted goes into the body, because a server that gets a body reads nothing else.
func (s scope) remove(ctx context.Context, path string, opts []Option) error {
	o := optionsOf(opts)
	how := metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{Kind: "DeleteOptions", APIVersion: "v1"}, Preconditions: o.preconditions}
	if v := o.take("propagationPolicy"); v != "" {
		policy := metav1.DeletionPropagation(v)
		how.PropagationPolicy = &policy
	}
	if v := o.take("gracePeriodSeconds"); v != "" {
		if err := json.Unmarshal([]byte(v), &how.GracePeriodSeconds); err != nil {
			return err
		}
	}
	if v := o.take("dryRun"); v != "" {
		how.DryRun = []string{v}
	}
	body, err := json.Marshal(how)
	if err != nil {
		return err
	}
	return s.call(ctx, request{method: http.MethodDelete, path: path, contentType: jsonType, body: body}, o, nil)
}

// Patch is a change of an object.
type Patch struct {
	Type types.PatchType
	// Body is what is sent: bytes and strings as they are, everything else as JSON.
	Body any
}

// Merge is a JSON merge patch: values replace values, null removes them, lists are replaced whole.
func Merge(body any) Patch { return Patch{types.MergePatchType, body} }

// Strategic is a strategic merge patch: it knows how the lists of built-in kinds are merged.
func Strategic(body any) Patch { return Patch{types.StrategicMergePatchType, body} }

// JSON is a JSON patch: a list of operations.
func JSON(operations any) Patch { return Patch{types.JSONPatchType, operations} }

func (s scope) patch(ctx context.Context, name, below string, patch Patch, into any, opts []Option) error {
	path, err := s.path(name, segments(below)...)
	if err != nil {
		return err
	}
	body, err := encode(patch.Body)
	if err != nil {
		return err
	}
	return s.write(ctx, request{method: http.MethodPatch, path: path, contentType: string(patch.Type), body: body}, optionsOf(opts), into)
}
