package plugins

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// OwnerReferencesPermissionEnforcement lets only those change the owners of an object who may delete it, as the garbage collector
// may do so then, and only those block the deletion of an owner who may set its finalizers.
type OwnerReferencesPermissionEnforcement struct {
	admission.On
	authorizer authz.Authorizer
	// kinds are the resources of a kind; none when it is not served.
	kinds func(schema.GroupVersionKind) []*resource.Resource
}

func newOwnerReferences(d *Deps) any {
	return &OwnerReferencesPermissionEnforcement{admission.On{admission.Create, admission.Update}, d.Authorizer, d.Kinds}
}

// Validate implements admission.Validator. The status of pods is let through: old kubelets spoil owners there, and a status
// changes none.
func (p *OwnerReferencesPermissionEnforcement) Validate(ctx context.Context, a *admission.Attributes) error {
	if a.Object == nil || a.IsSub("", "pods", "status") || !ownersChange(a.Object, a.Old) {
		return nil
	}
	if a.Operation != admission.Create {
		decision, reason, err := p.authorizer.Authorize(ctx, authz.Attributes{
			User: a.User, Verb: "delete", IsResource: true, Namespace: a.Namespace, Name: a.Name,
			Group: a.Resource.Group, Version: a.Resource.Version, Resource: a.Resource.Resource, Subresource: a.Resource.Subresource,
		})
		if decision != authz.Allow {
			return a.Forbidden(fmt.Errorf("cannot set an ownerRef on a resource you can't delete: %v, %w", reason, orNil(err)))
		}
	}
	blocking := newlyBlocking(a.Object, a.Old)
	if len(blocking) == 0 {
		return nil
	}
	anything := finalizers(a.User, "*", "*", "*", "", "*")
	if decision, _, _ := p.authorizer.Authorize(ctx, anything); decision == authz.Allow {
		return nil
	}
	asked := map[authorized]bool{}
	for _, ref := range blocking {
		if err := p.mayFinalize(ctx, a, ref, asked); err != nil {
			return err
		}
	}
	return nil
}

// authorized is a right that was asked for: an object may name one owner many times.
type authorized struct{ apiVersion, kind, name string }

func (p *OwnerReferencesPermissionEnforcement) mayFinalize(ctx context.Context, a *admission.Attributes, ref metav1.OwnerReference, asked map[authorized]bool) error {
	key := authorized{ref.APIVersion, ref.Kind, ref.Name}
	if asked[key] {
		return nil
	}
	asked[key] = true
	resources, err := p.of(ref)
	if err != nil {
		return a.Forbidden(fmt.Errorf("cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion %s Kind %s: %w", ref.APIVersion, ref.Kind, err))
	}
	for _, r := range resources {
		namespace := ""
		if r.Namespaced {
			namespace = a.Namespace
		}
		decision, reason, err := p.authorizer.Authorize(ctx, finalizers(a.User, r.Group, r.Version, r.Resource, namespace, ref.Name))
		if decision != authz.Allow {
			return a.Forbidden(fmt.Errorf("cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: %v, %w", reason, orNil(err)))
		}
	}
	return nil
}

// of are the resources that an owner may be one of.
func (p *OwnerReferencesPermissionEnforcement) of(ref metav1.OwnerReference) ([]*resource.Resource, error) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return nil, err
	}
	found := p.kinds(gv.WithKind(ref.Kind))
	if len(found) == 0 {
		return nil, &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: gv.Group, Kind: ref.Kind}, SearchedVersions: []string{gv.Version}}
	}
	return found, nil
}

func finalizers(user *resource.UserInfo, group, version, plural, namespace, name string) authz.Attributes {
	return authz.Attributes{
		User: user, Verb: "update", IsResource: true, Group: group, Version: version, Resource: plural, Subresource: "finalizers",
		Namespace: namespace, Name: name,
	}
}

// orNil prints an error that is none as upstream does.
func orNil(err error) error {
	if err == nil {
		return errNil
	}
	return err
}

type nilError struct{}

func (nilError) Error() string { return "<nil>" }

var errNil = nilError{}

func ownersChange(o, old object.Object) bool {
	is := o.GetOwnerReferences()
	if old == nil {
		return len(is) > 0
	}
	was := old.GetOwnerReferences()
	if len(is) != len(was) {
		return true
	}
	for i := range is {
		if !object.Equal(&is[i], &was[i]) {
			return true
		}
	}
	return false
}

// newlyBlocking are the owners whose deletion this object begins to block.
func newlyBlocking(o, old object.Object) (refs []metav1.OwnerReference) {
	blocked := map[types.UID]bool{}
	if old != nil {
		for _, ref := range old.GetOwnerReferences() {
			blocked[ref.UID] = ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion
		}
	}
	for _, ref := range o.GetOwnerReferences() {
		if ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion && !blocked[ref.UID] {
			refs = append(refs, ref)
		}
	}
	return refs
}
