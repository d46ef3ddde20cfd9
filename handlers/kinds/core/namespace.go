package core

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var namespaces = kind.Kind{
	Group: group, Resource: "namespaces",
	Strategy:     namespace,
	Subresources: map[string]kind.Strategy{"status": namespaceStatus, "finalize": namespaceFinalize},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultNamespace)},
	Cells:        kind.Cells{"phase": kind.CellOfValues(phase)},
}

// A namespace is Active; then Terminating, from the first delete on; and removed when the last name of spec.finalizers was removed
// through /finalize. Writers cannot set that list and the phase otherwise.
const (
	nameLabel           = "kubernetes.io/metadata.name"
	kubernetesFinalizer = "kubernetes"
	phaseActive         = "Active"
	phaseTerminating    = "Terminating"
)

func namespace(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateName = validation.NameIsDNSLabel
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, ns *corev1.Namespace) error {
		ns.Status = corev1.NamespaceStatus{Phase: phaseActive}
		if !slices.Contains(ns.Spec.Finalizers, kubernetesFinalizer) {
			ns.Spec.Finalizers = append(ns.Spec.Finalizers, kubernetesFinalizer)
		}
		labelWithName(ns)
		return nil
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, ns, old *corev1.Namespace) error {
		ns.Spec.Finalizers = old.Spec.Finalizers
		labelWithName(ns)
		return nil
	})
	s.Validate = kind.Check(func(ns *corev1.Namespace) field.ErrorList {
		var errs field.ErrorList
		for _, f := range ns.Spec.Finalizers {
			errs = append(errs, finalizerName(f, field.NewPath("spec", "finalizers"))...)
		}
		return errs
	})
	s.BeforeDelete = func(_ context.Context, o object.Object, options *metav1.DeleteOptions) (object.Object, error) {
		ns, ok := o.(*corev1.Namespace)
		if !ok {
			return nil, kind.WrongType(o)
		}
		if !ns.DeletionTimestamp.IsZero() && len(ns.Spec.Finalizers) == 0 {
			return nil, nil
		}
		ns = object.Copy(ns)
		if ns.DeletionTimestamp.IsZero() {
			now := metav1.NewTime(d.Now().Truncate(1e9))
			ns.DeletionTimestamp = &now
			ns.Status.Phase = phaseTerminating
			dependents(ns, options)
		}
		return ns, nil
	}
	s.Retain = func(o object.Object) bool {
		ns, ok := o.(*corev1.Namespace)
		return ok && len(ns.Spec.Finalizers) > 0
	}
}

// labelWithName sets the label with the name. A generated name is known by then.
func labelWithName(ns *corev1.Namespace) {
	if ns.Labels == nil {
		ns.Labels = map[string]string{}
	}
	ns.Labels[nameLabel] = ns.Name
}

// dependents sets the garbage collector's finalizers according to the delete options.
func dependents(ns *corev1.Namespace, options *metav1.DeleteOptions) {
	if options == nil {
		return
	}
	set := func(name string, want bool) {
		have := slices.Contains(ns.Finalizers, name)
		switch {
		case want && !have:
			ns.Finalizers = append(ns.Finalizers, name)
		case !want && have:
			ns.Finalizers = slices.DeleteFunc(ns.Finalizers, func(f string) bool { return f == name })
		}
	}
	switch {
	case options.OrphanDependents != nil:
		set(metav1.FinalizerOrphanDependents, *options.OrphanDependents)
		set(metav1.FinalizerDeleteDependents, !*options.OrphanDependents)
	case options.PropagationPolicy != nil:
		set(metav1.FinalizerOrphanDependents, *options.PropagationPolicy == metav1.DeletePropagationOrphan)
		set(metav1.FinalizerDeleteDependents, *options.PropagationPolicy == metav1.DeletePropagationForeground)
	}
}

func namespaceStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, ns, _ *corev1.Namespace) error {
		labelWithName(ns)
		return nil
	})
	s.ValidateUpdate = kind.CheckUpdate(func(ns, _ *corev1.Namespace) field.ErrorList {
		path := field.NewPath("status", "Phase")
		switch {
		case ns.DeletionTimestamp.IsZero() && ns.Status.Phase != phaseActive:
			return field.ErrorList{field.Invalid(path, ns.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty")}
		case !ns.DeletionTimestamp.IsZero() && ns.Status.Phase != phaseTerminating:
			return field.ErrorList{field.Invalid(path, ns.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")}
		}
		return nil
	})
}

func namespaceFinalize(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, ns, old *corev1.Namespace) error {
		ns.Status = old.Status
		labelWithName(ns)
		return nil
	})
	s.ValidateUpdate = kind.CheckUpdate(func(ns, _ *corev1.Namespace) field.ErrorList {
		var errs field.ErrorList
		for i, f := range ns.Spec.Finalizers {
			errs = append(errs, finalizerName(f, field.NewPath("spec", "finalizers").Index(i))...)
		}
		return errs
	})
}

// finalizerName requires a qualified name, or a standard finalizer without a slash.
func finalizerName(name string, path *field.Path) field.ErrorList {
	errs := validation.ValidateFinalizerName(name, path)
	if !strings.Contains(name, "/") && name != kubernetesFinalizer && name != metav1.FinalizerOrphanDependents && name != metav1.FinalizerDeleteDependents {
		errs = append(errs, field.Invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"))
	}
	return errs
}

// defaultNamespace sets the label with the name. With generateName the label is set later.
func defaultNamespace(n *corev1.Namespace) {
	if n.Name != "" {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels["kubernetes.io/metadata.name"] = n.Name
	}
	n.SetDefaults()
}
