package rbac

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Reader finds rules in the store itself. It is for what must not be decided on something that is out of date: whether a
// writer of roles and bindings holds what they give. A role that was made a moment ago can so be bound at once.
type Reader struct {
	Store storage.Store
	// Resource is what a request writes. Upstream names it when a role is not found, in place of the role's.
	Resource string
}

// Escalation says what is missing for user to give rules to others in namespace; nil when user holds all of them.
func (r Reader) Escalation(ctx context.Context, user *resource.UserInfo, namespace string, rules []rbacv1.PolicyRule) error {
	held, resolution := r.held(ctx, user, namespace)
	lacking, err := missing(held, rules)
	if err != nil {
		return err
	}
	if len(lacking) == 0 {
		return nil
	}
	text := fmt.Sprintf("user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s", user.Name, user.Groups, describe(lacking))
	if resolution != nil {
		text += fmt.Sprintf("; resolution errors: %v", []error{resolution})
	}
	return errors.New(text)
}

// Role has the rules that a reference means in the namespace of its binding; a NotFound API error when there is none.
func (r Reader) Role(ctx context.Context, ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	prefix := clusterRoles
	switch ref.Kind {
	case "ClusterRole":
	case "Role":
		prefix = roles
	default:
		return nil, unsupported(ref.Kind)
	}
	kv, _, err := r.Store.Get(ctx, followed[prefix].Key(namespace, ref.Name))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, apierrors.NewNotFound(schema.GroupResource{Group: group, Resource: r.Resource}, ref.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading role %s: %w", ref.Name, err)
	}
	if prefix == roles {
		o, err := decode[*rbacv1.Role](prefix, kv)
		if err != nil {
			return nil, err
		}
		return o.Rules, nil
	}
	o, err := decode[*rbacv1.ClusterRole](prefix, kv)
	if err != nil {
		return nil, err
	}
	return o.Rules, nil
}

// held are the rules bound to a user; the error tells of those that could not be found out.
func (r Reader) held(ctx context.Context, user *resource.UserInfo, namespace string) ([]rbacv1.PolicyRule, error) {
	cluster, err := r.scope(ctx, clusterBindings, "")
	if err != nil {
		return nil, err
	}
	var local *scope
	if namespace != "" {
		if local, err = r.scope(ctx, bindings, namespace); err != nil {
			return nil, err
		}
	}
	// Each role is read once, however many bindings refer to it.
	type found struct {
		rules []rbacv1.PolicyRule
		err   error
	}
	read := map[roleKey]found{}
	rules := func(b *binding) ([]rbacv1.PolicyRule, error) {
		x, known := read[b.role()]
		if !known {
			x.rules, x.err = r.Role(ctx, b.ref, b.namespace)
			read[b.role()] = x
		}
		return x.rules, x.err
	}
	return collect(rules, func(f func(entry) bool) {
		if cluster.visit(user, f) {
			local.visit(user, f)
		}
	})
}

func (r Reader) scope(ctx context.Context, prefix int, namespace string) (*scope, error) {
	under := followed[prefix].Within(namespace)
	list, err := r.Store.List(ctx, under, storage.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", under, err)
	}
	var all []*binding
	for _, kv := range list.Items {
		// One that cannot be read gives nothing.
		if b, err := decodeBinding(prefix, kv); err == nil {
			all = append(all, b)
		}
	}
	return newScope(all), nil
}
