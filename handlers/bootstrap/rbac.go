package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rbacWriters is how many objects are written at once: writes that wait together share one sync of the disk.
const rbacWriters = 64

// rbacResources are the resources of the default objects, by kind.
var rbacResources = map[string]schema.GroupVersionResource{
	"ClusterRole":        {Group: rbacGroup, Version: "v1", Resource: "clusterroles"},
	"ClusterRoleBinding": {Group: rbacGroup, Version: "v1", Resource: "clusterrolebindings"},
	"Role":               {Group: rbacGroup, Version: "v1", Resource: "roles"},
	"RoleBinding":        {Group: rbacGroup, Version: "v1", Resource: "rolebindings"},
}

// place is where an object lies: its kind, namespace and name.
type place struct{ kind, namespace, name string }

func placeOf(o object.Object) place {
	return place{o.GetObjectKind().GroupVersionKind().Kind, o.GetNamespace(), o.GetName()}
}

// RBAC creates the default roles and bindings that are missing, and adds to the others what they lack of rules, subjects,
// labels and annotations. It takes nothing away, and leaves objects alone that say so by annotation. Nothing is written
// when everything is there. It does nothing where the API is not served.
func RBAC(ctx context.Context, objects *resource.Objects, writer resource.Writer) error {
	for _, gvr := range rbacResources {
		if objects.Registry.Get(gvr) == nil {
			return nil
		}
	}
	wanted, err := policy()
	if err != nil {
		return fmt.Errorf("default roles: %w", err)
	}
	there, err := existing(ctx, objects)
	if err != nil {
		return fmt.Errorf("default roles: %w", err)
	}
	for i, o := range wanted {
		if there[placeOf(o)] == nil {
			wanted[i] = inherit(o, there)
		}
	}
	fillAggregated(wanted, there)
	limit := make(chan struct{}, rbacWriters)
	var writers sync.WaitGroup
	errs := make([]error, len(wanted))
	for i, o := range wanted {
		old := there[placeOf(o)]
		anew := old != nil && otherRole(old, o)
		if old != nil && !anew && !reconcile(object.Copy(old), o) {
			continue
		}
		limit <- struct{}{}
		writers.Go(func() {
			defer func() { <-limit }()
			var err error
			if anew {
				err = remove(ctx, writer, o)
			}
			if err == nil {
				err = ensure(ctx, writer, o, old != nil && !anew)
			}
			if err != nil {
				errs[i] = fmt.Errorf("default %s %s: %w", placeOf(o).kind, o.GetName(), err)
			}
		})
	}
	writers.Wait()
	return errors.Join(errs...)
}

// existing reads all roles and bindings.
func existing(ctx context.Context, objects *resource.Objects) (map[place]object.Object, error) {
	out := map[place]object.Object{}
	for _, gvr := range rbacResources {
		list, err := objects.List(ctx, gvr, "")
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			out[placeOf(o)] = o
		}
	}
	return out, nil
}

// fillAggregated gives aggregated roles that will be created the rules that they would be given at once, which saves
// writing them twice.
func fillAggregated(wanted []object.Object, there map[place]object.Object) {
	known := map[string]*rbacv1.ClusterRole{}
	for _, o := range there {
		if role, ok := o.(*rbacv1.ClusterRole); ok {
			known[role.Name] = role
		}
	}
	for _, o := range wanted {
		if role, ok := o.(*rbacv1.ClusterRole); ok && known[role.Name] == nil {
			known[role.Name] = role
		}
	}
	// What an administrator's roles ask for in vain is reported by the aggregator.
	rules, _ := rbac.Aggregate(known)
	for _, o := range wanted {
		if role, ok := o.(*rbacv1.ClusterRole); ok && role.AggregationRule != nil && there[placeOf(role)] == nil {
			role.Rules = rules[role.Name]
		}
	}
}

// ensure writes one object. Another server may write the same at the same time, and an administrator delete it: then it is
// tried the other way.
func ensure(ctx context.Context, writer resource.Writer, o object.Object, exists bool) error {
	w := ownWrite(o)
	const attempts = 4
	var err error
	for range attempts {
		if !exists {
			fresh := object.Copy(o)
			if err = writer.Create(ctx, w, fresh); !apierrors.IsAlreadyExists(err) {
				return err
			}
			exists = true
			continue
		}
		_, err = writer.Update(ctx, w, func(live object.Object) error {
			reconcile(live, o)
			return nil
		})
		if !apierrors.IsNotFound(err) {
			return err
		}
		exists = false
	}
	return err
}

func ownWrite(o object.Object) resource.OwnWrite {
	return resource.OwnWrite{Resource: rbacResources[placeOf(o).kind], Namespace: o.GetNamespace(), Name: o.GetName()}
}

// remove deletes an object that may be gone already.
func remove(ctx context.Context, writer resource.Writer, o object.Object) error {
	err := writer.Delete(ctx, ownWrite(o), &metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
