package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/uuid"

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
func RBAC(ctx context.Context, objects *resource.Objects, now time.Time) error {
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
				err = objects.Delete(ctx, rbacResources[placeOf(o).kind], o.GetNamespace(), o.GetName())
			}
			if err == nil {
				err = ensure(ctx, objects, o, old != nil && !anew, now)
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
func ensure(ctx context.Context, objects *resource.Objects, o object.Object, exists bool, now time.Time) error {
	gvr := rbacResources[placeOf(o).kind]
	const attempts = 4
	var err error
	for range attempts {
		if !exists {
			fresh := object.Copy(o)
			fresh.SetUID(uuid.NewUUID())
			fresh.SetCreationTimestamp(metav1.NewTime(now).Rfc3339Copy())
			if err = objects.Create(ctx, gvr, fresh); !apierrors.IsAlreadyExists(err) {
				return err
			}
			exists = true
			continue
		}
		_, err = objects.Update(ctx, gvr, o.GetNamespace(), o.GetName(), func(live object.Object) error {
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
