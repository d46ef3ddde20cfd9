package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GetStatus reads an object through its status.
func (b Bound[T, L]) GetStatus(ctx context.Context, name string, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.get(ctx, name, "status", out, opts))
}

// ReplaceStatus writes an object's status, and nothing else of it.
func (b Bound[T, L]) ReplaceStatus(ctx context.Context, object *T, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.replace(ctx, object, "status", out, opts))
}

// PatchStatus changes an object's status, and nothing else of it.
func (b Bound[T, L]) PatchStatus(ctx context.Context, name string, patch Patch, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.patch(ctx, name, "status", patch, out, opts))
}

// ApplyStatus is Apply for an object's status.
func (b Bound[T, L]) ApplyStatus(ctx context.Context, object any, opts ...Option) (*T, error) {
	out := new(T)
	return result(out, b.scope.apply(ctx, object, "status", out, opts))
}

// Scale is how many replicas an object should have and has: autoscaling/v1 Scale.
type Scale struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		Replicas int32 `json:"replicas,omitempty"`
	} `json:"spec,omitempty"`
	Status struct {
		Replicas int32  `json:"replicas"`
		Selector string `json:"selector,omitempty"`
	} `json:"status,omitempty"`
}

// GetScale reads how many replicas an object has.
func (b Bound[T, L]) GetScale(ctx context.Context, name string, opts ...Option) (*Scale, error) {
	return Sub[Scale](ctx, b, name, "scale", opts...)
}

// Scale sets how many replicas an object should have.
func (b Bound[T, L]) Scale(ctx context.Context, name string, replicas int32, opts ...Option) (*Scale, error) {
	out := new(Scale)
	patch := Merge(map[string]any{"spec": map[string]any{"replicas": replicas}})
	return result(out, b.scope.patch(ctx, name, "scale", patch, out, opts))
}

// Evict asks for a pod to be deleted, which is refused (429) when too few of its kind would be left. GracePeriod, Propagation, UID and
// IfVersion are the eviction's; DryRun is the request's.
func (b Bound[T, L]) Evict(ctx context.Context, name string, opts ...Option) error {
	o := optionsOf(opts)
	how := map[string]any{}
	if v := o.take("gracePeriodSeconds"); v != "" {
		how["gracePeriodSeconds"] = json.Number(v)
	}
	if v := o.take("propagationPolicy"); v != "" {
		how["propagationPolicy"] = v
	}
	if o.preconditions != nil {
		how["preconditions"] = o.preconditions
	}
	body := map[string]any{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": b.scope.metadata(name), "deleteOptions": how}
	return b.scope.post(ctx, name, "eviction", body, nil, o)
}

// Token is a token of a service account.
type Token struct {
	Token   string
	Expires time.Time
}

// Token asks for a token of a service account, for some audiences (the server itself when none is named) and some time (an hour when
// it is zero); the server may give less or more time.
func (b Bound[T, L]) Token(ctx context.Context, name string, audiences []string, life time.Duration, opts ...Option) (Token, error) {
	spec := map[string]any{"audiences": audiences}
	if audiences == nil {
		spec["audiences"] = []string{}
	}
	if life > 0 {
		spec["expirationSeconds"] = int64(life / time.Second)
	}
	var answer struct {
		Status struct {
			Token   string      `json:"token"`
			Expires metav1.Time `json:"expirationTimestamp"`
		} `json:"status"`
	}
	body := map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": b.scope.metadata(name), "spec": spec}
	if err := b.scope.post(ctx, name, "token", body, &answer, optionsOf(opts)); err != nil {
		return Token{}, err
	}
	return Token{answer.Status.Token, answer.Status.Expires.Time}, nil
}

func (s scope) metadata(name string) map[string]any {
	return map[string]any{"name": name, "namespace": s.namespace}
}

// post creates what lies below an object. The answer is read loosely: it is a small type of this package.
func (s scope) post(ctx context.Context, name, below string, body, into any, o options) error {
	path, err := s.path(name, below)
	if err != nil {
		return err
	}
	data, err := encode(body)
	if err != nil {
		return err
	}
	return s.write(ctx, request{method: http.MethodPost, path: path, contentType: jsonType, body: data}, o, into)
}

// Sub reads what lies below an object as an S: Sub[autoscalingv1.Scale](ctx, deployments, "web", "scale").
func Sub[S, T, L any](ctx context.Context, b Bound[T, L], name, subresource string, opts ...Option) (*S, error) {
	out := new(S)
	return result(out, b.scope.get(ctx, name, subresource, out, opts))
}

// ReplaceSub writes what lies below an object.
func ReplaceSub[S, T, L any](ctx context.Context, b Bound[T, L], name, subresource string, body *S, opts ...Option) (*S, error) {
	data, err := b.scope.subBody(subresource, body)
	if err != nil {
		return nil, err
	}
	out := new(S)
	return result(out, b.scope.put(ctx, name, subresource, data, out, opts))
}

// PatchSub changes what lies below an object.
func PatchSub[S, T, L any](ctx context.Context, b Bound[T, L], name, subresource string, patch Patch, opts ...Option) (*S, error) {
	out := new(S)
	return result(out, b.scope.patch(ctx, name, subresource, patch, out, opts))
}

// CreateSub creates what lies below an object: a binding, a token request, an eviction.
func CreateSub[S, T, L any](ctx context.Context, b Bound[T, L], name, subresource string, body *S, opts ...Option) (*S, error) {
	data, err := b.scope.subBody(subresource, body)
	if err != nil {
		return nil, err
	}
	out := new(S)
	return result(out, b.scope.post(ctx, name, subresource, data, out, optionsOf(opts)))
}

// subBody is a body of what lies below, which says its kind.
func (s scope) subBody(subresource string, body any) ([]byte, error) {
	sub := s.row.sub(subresource)
	if sub == nil {
		return nil, fmt.Errorf("%s have no %s", s.row.Resource, subresource)
	}
	return encodeKind(body, &Row{Group: sub.Group, Version: sub.Version, Kind: sub.Kind, Resource: s.row.Resource})
}
