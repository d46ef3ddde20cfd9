// Package admissiontest has what the tests of admission plugins share: a world of objects in memory, and attributes of requests.
package admissiontest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ErrBroken is what reading the object nil comes to.
var ErrBroken = errors.New("the store is away")

// World has objects by resource/namespace/name. An object nil is one that cannot be read. It is a lookup.Reader.
type World map[string]object.Object

// Add puts an object of a resource into the world.
func (w World) Add(plural string, o object.Object) {
	w[plural+"/"+o.GetNamespace()+"/"+o.GetName()] = o
}

// Get implements lookup.Reader.
func (w World) Get(_ context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error) {
	o, found := w[gvr.Resource+"/"+namespace+"/"+name]
	switch {
	case found && o == nil:
		return nil, ErrBroken
	case !found:
		return nil, apierrors.NewNotFound(gvr.GroupResource(), name)
	}
	return o, nil
}

// List implements lookup.Reader.
func (w World) List(_ context.Context, gvr schema.GroupVersionResource, namespace string) (list []object.Object, err error) {
	prefix := gvr.Resource + "/"
	if namespace != "" {
		prefix += namespace + "/"
	}
	var keys []string
	for key := range w {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if w[key] == nil {
			return nil, ErrBroken
		}
		list = append(list, w[key])
	}
	return list, nil
}

// Request is a request of a user alice for a resource, which may be "pods/status", in namespace ns.
func Request(op admission.Operation, gvr schema.GroupVersionResource, o, old object.Object) *admission.Attributes {
	plural, sub, _ := strings.Cut(gvr.Resource, "/")
	row := resources.Row{Group: gvr.Group, Version: gvr.Version, Resource: plural, Subresource: sub}
	for _, r := range resources.Rows {
		if r.Group == gvr.Group && r.Version == gvr.Version && r.Resource == plural && r.Subresource == sub {
			row = r
		}
	}
	a := &admission.Attributes{
		Operation: op, Resource: &resource.Resource{Row: row}, Object: o, Old: old, Attempt: &resource.Attempt{},
		User: &resource.UserInfo{Name: "alice", Groups: []string{"system:authenticated"}},
	}
	for _, of := range []object.Object{old, o} {
		if of != nil {
			a.Namespace, a.Name = of.GetNamespace(), of.GetName()
		}
	}
	if row.Namespaced && a.Namespace == "" {
		a.Namespace = "ns"
	}
	return a
}

// Pods is the resource that most requests are for.
func Pods(subresource string) schema.GroupVersionResource {
	if subresource != "" {
		subresource = "/" + subresource
	}
	return schema.GroupVersionResource{Version: "v1", Resource: "pods" + subresource}
}

// Run asks a plugin as the chain does: first as a Mutator, then as a Validator.
func Run(p any, a *admission.Attributes) error {
	chain := admission.NewChain(nil, admission.Named{Name: "tested", Plugin: p})
	if err := chain.Admit(context.Background(), a); err != nil {
		return err
	}
	return chain.Validate(context.Background(), a)
}

// Warnings are those that plugins have sent.
func Warnings(a *admission.Attributes) (texts []string) {
	a.Attempt.Tell(&resource.Recorder{Warn: func(more ...string) { texts = append(texts, more...) }})
	return texts
}

// Check compares an error with a text that it must contain; an empty one wants none.
func Check(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
}
