// Package noderestriction is the admission plugin NodeRestriction: it holds a kubelet to its own node, to the pods that are bound
// there, and to what belongs to those. The node authorizer decides which objects a node may touch; this decides what it may make
// of them. Without it a kubelet's credential reads any secret, by way of a mirror pod that it makes.
package noderestriction

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Plugin refuses what a node may not do. It changes nothing.
type Plugin struct {
	// Objects reads other objects, as they are now.
	Objects lookup.Reader
	// MayRequest says whether a node may ask for a token of a service account for an audience that no volume of its pod names.
	MayRequest func(ctx context.Context, node *resource.UserInfo, namespace, account, audience string) (bool, error)
	// Enabled says whether a feature gate is on.
	Enabled func(gate string) bool
}

// Gates are those that the plugin depends on.
var Gates = []string{"AllowInsecureKubeletCertificateSigningRequests", "PodCertificateRequest", "ServiceAccountNodeAudienceRestriction"}

// request is one request of a node.
type request struct {
	*Plugin
	*admission.Attributes
	node string
}

// Admit implements admission.Mutator: it runs before anything is filled in, as upstream's does.
func (p *Plugin) Admit(ctx context.Context, a *admission.Attributes) error {
	if a.Operation == admission.Connect {
		return nil
	}
	name, isNode := nodeOf(a.User)
	if !isNode {
		return nil
	}
	r := &request{p, a, name}
	if name == "" {
		return r.refuse("could not determine node from user %q", a.User.Name)
	}
	switch a.Resource.GroupResource() {
	case schema.GroupResource{Resource: "pods"}:
		return r.pod(ctx)
	case schema.GroupResource{Resource: "nodes"}:
		return r.ownNode()
	case schema.GroupResource{Resource: "persistentvolumeclaims"}:
		return r.claim()
	case schema.GroupResource{Resource: "serviceaccounts"}:
		return r.token(ctx)
	case schema.GroupResource{Group: "certificates.k8s.io", Resource: "podcertificaterequests"}:
		return r.podCertificate(ctx)
	case schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}:
		return r.lease()
	case schema.GroupResource{Group: "storage.k8s.io", Resource: "csinodes"}:
		return r.csiNode()
	case schema.GroupResource{Group: "resource.k8s.io", Resource: "resourceslices"}:
		return r.slice()
	case schema.GroupResource{Group: "certificates.k8s.io", Resource: "certificatesigningrequests"}:
		return r.signing()
	}
	return nil
}

// nodeOf is the name of the node that a user is. It may be empty although the user is a node.
func nodeOf(u *resource.UserInfo) (name string, isNode bool) {
	if u == nil {
		return "", false
	}
	name, ok := strings.CutPrefix(u.Name, "system:node:")
	return name, ok && slices.Contains(u.Groups, "system:nodes")
}

// refuse is the 403 with a reason.
func (r *request) refuse(format string, a ...any) error {
	return apierrors.NewForbidden(r.Resource.GroupResource(), r.Name, fmt.Errorf(format, a...))
}

// unexpected refuses an object of a type that this does not know: it must not come through unlooked at.
func (r *request) unexpected(o object.Object) error { return r.refuse("unexpected type %T", o) }

// find reads an object. When there is none the error names its kind, as upstream's does.
func find[T object.Object](ctx context.Context, r *request, group, kind, namespace, name string) (T, error) {
	var none T
	found, err := r.Objects.Get(ctx, schema.GroupVersionResource{Group: group, Version: "v1", Resource: kind + "s"}, namespace, name)
	if apierrors.IsNotFound(err) {
		err = apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: kind}, name)
	}
	if err != nil {
		return none, err
	}
	typed, ok := found.(T)
	if !ok {
		return none, fmt.Errorf("unexpected type %T", found)
	}
	return typed, nil
}

func (r *request) findPod(ctx context.Context, name string) (*corev1.Pod, error) {
	pod, err := find[*corev1.Pod](ctx, r, "", "pod", r.Namespace, name)
	if err != nil && !apierrors.IsNotFound(err) {
		err = r.refuse("%w", err)
	}
	return pod, err
}
