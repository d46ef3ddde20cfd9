package admissionregistration

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// The server reads parameters with its own rights, and their values can appear in the messages of a policy. So the writer of a
// policy must have get on all objects of its paramKind, and the writer of a binding on the objects that it names.

// masters have all rights.
const masters = "system:masters"

// paramRights authorizes the writers of one row.
type paramRights struct {
	d   *kind.Deps
	row resources.Row
}

// asked reports whether a writer must be authorized: not the server itself, and not masters.
func (p paramRights) asked(a *resource.Attempt) bool {
	return a.User != nil && p.d.Authorizer != nil && !slices.Contains(a.User.Groups, masters)
}

// policy authorizes a new or changed paramKind.
func (p paramRights) policy(ctx context.Context, a *resource.Attempt, o object.Object, now, was *admissionregistrationv1.ParamKind) error {
	if now == nil || was != nil && *now == *was || !p.asked(a) {
		return nil
	}
	what := p.of(now)
	what.User, what.Verb, what.Namespace, what.Name = a.User, "get", "*", "*"
	err := p.ask(ctx, what, fmt.Sprintf(`user %v must have "get" permission on all objects of the referenced paramKind (kind=%s, apiVersion=%s)`, a.User, now.Kind, now.APIVersion))
	return p.refuse(o, specPath.Child("paramKind"), err)
}

// binding authorizes a paramRef, even if the old object has another one.
func (p paramRights) binding(ctx context.Context, a *resource.Attempt, o object.Object, policies, policy string, ref *admissionregistrationv1.ParamRef) error {
	if ref == nil || !p.asked(a) {
		return nil
	}
	verb := "get"
	if ref.Name == "" {
		verb = "list"
	}
	what, denied := authz.Attributes{IsResource: true, Group: "*", Version: "*", Resource: "*"}, fmt.Sprintf(`user %v does not have "%v" permission on the object referenced by paramRef`, a.User, verb)
	switch paramKind, err := p.paramKind(ctx, policies, policy); {
	case err != nil:
		denied = fmt.Sprintf(`unable to get policy %s to determine minimum required permissions and user %v does not have "%v" permission for all groups, versions and resources`, policy, a.User, verb)
	case paramKind != nil:
		if what = p.of(paramKind); what.Resource == "*" {
			denied = fmt.Sprintf(`unable to resolve paramKind %v to determine minimum required permissions and user %v does not have "%v" permission for all groups, versions and resources`, paramKind, a.User, verb)
		}
	}
	what.User, what.Verb, what.Namespace, what.Name = a.User, verb, ref.Namespace, ref.Name
	return p.refuse(o, specPath.Child("paramRef"), p.ask(ctx, what, denied))
}

// of are the attributes for the objects of a kind: of its resource, or of all resources of the version for an unknown kind.
func (p paramRights) of(k *admissionregistrationv1.ParamKind) authz.Attributes {
	out := authz.Attributes{IsResource: true, Group: "*", Version: "*", Resource: "*"}
	gv, err := schema.ParseGroupVersion(k.APIVersion)
	if err != nil {
		return out
	}
	out.Group, out.Version = gv.Group, gv.Version
	if p.d.Objects == nil || p.d.Objects.Registry == nil {
		return out
	}
	for _, r := range p.d.Objects.Registry.All() {
		if r.Parent == nil && r.Group == gv.Group && r.Version == gv.Version && r.Kind == k.Kind {
			out.Resource = r.Row.Resource
			break
		}
	}
	return out
}

func policiesOf(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: plural}
}

// paramKind is the paramKind of a stored policy.
func (p paramRights) paramKind(ctx context.Context, plural, name string) (*admissionregistrationv1.ParamKind, error) {
	o, err := p.d.Objects.Get(ctx, policiesOf(plural), "", name)
	switch policy := o.(type) {
	case validatingAdmissionPolicy:
		return policy.Spec.ParamKind, err
	case mutatingAdmissionPolicy:
		return policy.Spec.ParamKind, err
	}
	return nil, err
}

func (p paramRights) ask(ctx context.Context, what authz.Attributes, denied string) error {
	decision, _, err := p.d.Authorizer.Authorize(ctx, what)
	switch {
	case decision == authz.Allow:
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s", denied)
}

func (p paramRights) refuse(o object.Object, path *field.Path, err error) error {
	if err == nil {
		return nil
	}
	return validation.Refuse(object.GroupKind(group, p.row.Kind), o.GetName(), field.ErrorList{field.Forbidden(path, err.Error())})
}

// guard authorizes the writer once the object is known to be valid. It runs before validation, which has no user, so the object of
// a writer that must be authorized is validated twice.
func guard[T object.Object](s *resource.Strategy, v kind.InVersion[T], p paramRights, ask func(ctx context.Context, a *resource.Attempt, o, old T) error) {
	check := func(ctx context.Context, a *resource.Attempt, o, old object.Object, faults func() field.ErrorList) error {
		if !p.asked(a) || len(faults()) > 0 {
			return nil
		}
		now, err := v.Of(o)
		if err != nil {
			return err
		}
		var was T
		if old != nil {
			if was, err = v.Of(old); err != nil {
				return err
			}
		}
		return ask(ctx, a, now, was)
	}
	s.PrepareForCreate = func(ctx context.Context, a *resource.Attempt, o object.Object) error {
		return check(ctx, a, o, nil, func() field.ErrorList { return s.ValidateCreate(ctx, o) })
	}
	s.PrepareForUpdate = func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		return check(ctx, a, o, old, func() field.ErrorList { return s.ValidateUpdate(ctx, o, old) })
	}
}
