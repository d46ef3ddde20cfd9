package definitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	crdschema "github.com/gatehouse-dev/gatehouse/handlers/definitions/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// errTerminating refuses new objects of a definition that is on its way out.
var errTerminating = errors.New("create not allowed while custom resource definition is terminating")

// strategy is what custom resources do beside what all resources do.
func (v *versioned) strategy() *resource.Strategy {
	s := &resource.Strategy{
		PrepareForCreate: v.refuseTerminating,
		Changed:          v.changed,
		ValidateCreate: func(ctx context.Context, o object.Object) field.ErrorList {
			return v.judge(ctx, o, nil, false)
		},
		ValidateUpdate: func(ctx context.Context, o, old object.Object) field.ErrorList {
			return v.judge(ctx, o, old, false)
		},
		Warnings: func(_ context.Context, o, old object.Object) []string { return finalizerWarnings(o, old) },
	}
	if len(v.spec.SelectableFields) > 0 {
		s.Fields = v.selectable()
	}
	return s
}

// statusStrategy is that of the status subresource.
func (v *versioned) statusStrategy() *resource.Strategy {
	return &resource.Strategy{ValidateUpdate: func(ctx context.Context, o, old object.Object) field.ErrorList {
		return v.judge(ctx, o, old, true)
	}}
}

func (v *versioned) refuseTerminating(_ context.Context, _ *resource.Attempt, o object.Object) error {
	if !v.d.terminating {
		return nil
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: v.d.group, Resource: v.d.names.Plural}, o.GetName(), errTerminating)
}

// changed says whether anything but the metadata differs. A status that is kept apart has been taken from the old object.
func (v *versioned) changed(o, old object.Object) bool {
	a, b := contentOf(o), contentOf(old)
	for k, value := range a {
		if other, found := b[k]; k != "metadata" && (!found || !equality.Semantic.DeepEqual(value, other)) {
			return true
		}
	}
	for k := range b {
		if _, found := a[k]; k != "metadata" && !found {
			return true
		}
	}
	return false
}

func contentOf(o object.Object) map[string]any {
	if u, ok := o.(*unstructured.Unstructured); ok {
		return u.Object
	}
	return nil
}

// judge finds the faults of all but the object's own metadata.
func (v *versioned) judge(ctx context.Context, o, old object.Object, status bool) field.ErrorList {
	w := crdschema.Write{New: contentOf(o), Status: status}
	name := (func(string, bool) []string)(nil)
	if old != nil {
		w.Old, name = contentOf(old), path.ValidatePathSegmentName
	}
	w.Found = validation.ObjectMeta(o, v.d.namespaced, name, field.NewPath("metadata"))
	if old != nil {
		w.Found = append(w.Found, validation.ObjectMetaUpdate(o, old)...)
	}
	w.Warn = func(text string) { resource.Warn(ctx, text) }
	return v.schema.Validate(ctx, w)
}

// standardFinalizers need no domain.
var standardFinalizers = []string{metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents, "kubernetes"}

// finalizerWarnings are about names of finalizers that are new.
func finalizerWarnings(o, old object.Object) (out []string) {
	added := slices.Clone(o.GetFinalizers())
	slices.Sort(added)
	const where = "metadata.finalizers"
	for _, name := range slices.Compact(added) {
		if old != nil && slices.Contains(old.GetFinalizers(), name) {
			continue
		}
		for _, fault := range utilvalidation.IsQualifiedName(name) {
			out = append(out, fmt.Sprintf("%s: %q: %s", where, name, fault))
		}
		switch {
		case strings.Contains(name, "/") || slices.Contains(standardFinalizers, name):
		case strings.Contains(name, "."):
			out = append(out, fmt.Sprintf("%s: %q: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers", where, name))
		default:
			out = append(out, fmt.Sprintf("%s: %q: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers", where, name))
		}
	}
	return out
}
