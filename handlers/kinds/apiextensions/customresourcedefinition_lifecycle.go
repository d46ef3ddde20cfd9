package apiextensions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

type (
	condition = apiextensionsv1.CustomResourceDefinitionCondition
	crdNames  = apiextensionsv1.CustomResourceDefinitionNames
)

// Types of conditions.
const (
	namesAccepted = "NamesAccepted"
	established   = "Established"
	nonStructural = "NonStructuralSchema"
	conformant    = "KubernetesAPIApprovalPolicyConformant"
	Terminating   = "Terminating"
)

// Cleanup is the finalizer of a definition whose objects are to be deleted before it goes.
const Cleanup = "customresourcecleanup.apiextensions.k8s.io"

// conclude writes into the status what upstream's controllers write there, one after another, once they see a definition.
func conclude(d *kind.Deps, a *resource.Attempt, o, old *apiextensionsv1.CustomResourceDefinition) error {
	now := metav1.NewTime(d.Now().Truncate(time.Second))
	if !equality.Semantic.DeepEqual(o.Spec.Names, o.Status.AcceptedNames) {
		d.Definitions.Choose(a, o.Spec.Group, o.Name, func(taken kind.Names) kind.Names {
			acceptNames(o, taken, now)
			return NamesOf(&o.Status.AcceptedNames)
		})
	}
	establish(o, now)
	if c := approvalCondition(o); c != nil {
		setCondition(o, *c, now)
	}
	if old != nil && old.Generation == o.Generation {
		return nil
	}
	c, err := structuralCondition(o)
	switch {
	case err != nil:
		return err
	case c != nil:
		setCondition(o, *c, now)
	default:
		o.Status.Conditions = slices.DeleteFunc(o.Status.Conditions, func(c condition) bool { return c.Type == nonStructural })
	}
	return nil
}

// NamesOf are the names that a definition has once they were accepted.
func NamesOf(n *crdNames) kind.Names {
	out := kind.Names{Resources: map[string]bool{}, Kinds: map[string]bool{}}
	for _, name := range append([]string{n.Plural, n.Singular}, n.ShortNames...) {
		if name != "" {
			out.Resources[name] = true
		}
	}
	for _, name := range []string{n.Kind, n.ListKind} {
		if name != "" {
			out.Kinds[name] = true
		}
	}
	return out
}

// acceptNames gives a definition those of the names that it wants which no other one has.
func acceptNames(o *apiextensionsv1.CustomResourceDefinition, taken kind.Names, now metav1.Time) {
	wants, has := &o.Spec.Names, o.Status.AcceptedNames
	gets := has
	verdict := condition{Type: namesAccepted, Status: "True", Reason: "NoConflicts", Message: "no conflicts found"}
	refuse := func(reason string, err error) {
		verdict.Status, verdict.Reason, verdict.Message = "False", reason, err.Error()
	}
	accept := func(want, have string, taken map[string]bool, get *string, reason string) {
		if err := free(want, have, taken); err != nil {
			refuse(reason, err)
			return
		}
		*get = want
	}
	accept(wants.Plural, has.Plural, taken.Resources, &gets.Plural, "PluralConflict")
	accept(wants.Singular, has.Singular, taken.Resources, &gets.Singular, "SingularConflict")
	var conflicts []error
	for _, name := range wants.ShortNames {
		if err := free(name, "", taken.Resources); err != nil && !slices.Contains(has.ShortNames, name) {
			conflicts = append(conflicts, err)
		}
	}
	if err := utilerrors.NewAggregate(conflicts); err != nil {
		refuse("ShortNamesConflict", err)
	} else {
		gets.ShortNames = wants.ShortNames
	}
	accept(wants.Kind, has.Kind, taken.Kinds, &gets.Kind, "KindConflict")
	accept(wants.ListKind, has.ListKind, taken.Kinds, &gets.ListKind, "ListKindConflict")
	gets.Categories = wants.Categories

	was := findCondition(o, namesAccepted)
	if equality.Semantic.DeepEqual(has, gets) && was != nil && was.Status == verdict.Status && was.Reason == verdict.Reason && was.Message == verdict.Message {
		return
	}
	o.Status.AcceptedNames = gets
	setCondition(o, verdict, now)
	if was := findCondition(o, established); was == nil && verdict.Status != "True" {
		setCondition(o, condition{Type: established, Status: "False", Reason: "NotAccepted", Message: "not all names are accepted"}, now)
	}
}

func free(want, have string, taken map[string]bool) error {
	if want != have && taken[want] {
		return fmt.Errorf("%q is already in use", want)
	}
	return nil
}

// establish says that what a definition defines is served, from when its names were accepted.
func establish(o *apiextensionsv1.CustomResourceDefinition, now metav1.Time) {
	if !isTrueCondition(o, namesAccepted) || isTrueCondition(o, established) {
		return
	}
	c := condition{Type: established, Status: "True", Reason: "InitialNamesAccepted", Message: "the initial names have been accepted"}
	if v := o.Spec.Conversion; v != nil && v.Webhook != nil && v.Webhook.ClientConfig != nil && bundleFault(v.Webhook.ClientConfig.CABundle) != nil {
		c.Status, c.Reason, c.Message = "False", "InvalidCABundle", "The conversion webhook CABundle is invalid"
	}
	setCondition(o, c, now)
}

// approvalCondition says whether a definition in a group of the project has been approved of; nil in other groups.
func approvalCondition(o *apiextensionsv1.CustomResourceDefinition) *condition {
	if !apihelpers.IsProtectedCommunityGroup(o.Spec.Group) {
		return nil
	}
	state, text := apihelpers.GetAPIApprovalState(o.Annotations)
	c := &condition{Type: conformant, Status: "False", Message: text}
	switch state {
	case apihelpers.APIApproved:
		c.Status, c.Reason = "True", "ApprovedAnnotation"
	case apihelpers.APIApprovalBypassed:
		c.Reason = "UnapprovedAnnotation"
	case apihelpers.APIApprovalMissing:
		c.Reason = "MissingAnnotation"
	default:
		c.Reason = "InvalidAnnotation"
	}
	return c
}

// structuralCondition says what keeps the schemas from being structural; nil for nothing.
func structuralCondition(o *apiextensionsv1.CustomResourceDefinition) (*condition, error) {
	var errs field.ErrorList
	if o.Spec.PreserveUnknownFields {
		errs = append(errs, field.Invalid(specPath.Child("preserveUnknownFields"), true, "must be false"))
	}
	h, err := hub(o)
	if err != nil {
		return nil, err
	}
	for i := range h.Spec.Versions {
		v := &h.Spec.Versions[i]
		of := v.Schema
		if of == nil {
			of = h.Spec.Validation // what all versions have in common
		}
		if of == nil || of.OpenAPIV3Schema == nil {
			continue
		}
		s, err := structuralOf(of.OpenAPIV3Schema)
		if err != nil {
			text := fmt.Sprintf("failed to check validation schema for version %s: %v", v.Name, err)
			return &condition{Type: nonStructural, Status: "Unknown", Reason: "StructuralError", Message: text}, nil
		}
		errs = append(errs, structuralschema.ValidateStructural(specPath.Child("versions").Index(i).Child("schema", "openAPIV3Schema"), s)...)
	}
	if len(errs) == 0 {
		return nil, nil
	}
	return &condition{Type: nonStructural, Status: "True", Reason: "Violations", Message: errs.ToAggregate().Error()}, nil
}

// terminating is a definition that is to be deleted: first its objects go. Nil for one that is on its way out already.
func terminating(o *apiextensionsv1.CustomResourceDefinition, now metav1.Time) *apiextensionsv1.CustomResourceDefinition {
	if o.DeletionTimestamp != nil {
		return nil
	}
	o = object.Copy(o)
	o.DeletionTimestamp = &now
	if !slices.Contains(o.Finalizers, Cleanup) {
		o.Finalizers = append(o.Finalizers, Cleanup)
	}
	SetTerminating(o, "True", "InstanceDeletionPending", "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", now.Time)
	return o
}

// SetTerminating says how far the deletion of a definition's objects is.
func SetTerminating(o *apiextensionsv1.CustomResourceDefinition, status, reason, message string, now time.Time) {
	setCondition(o, condition{Type: Terminating, Status: status, Reason: reason, Message: message}, metav1.NewTime(now.Truncate(time.Second)))
}

func setCondition(o *apiextensionsv1.CustomResourceDefinition, c condition, now metav1.Time) {
	c.LastTransitionTime = now
	was := findCondition(o, c.Type)
	if was == nil {
		o.Status.Conditions = append(o.Status.Conditions, c)
		return
	}
	if was.Status != c.Status || was.LastTransitionTime.IsZero() {
		was.LastTransitionTime = now
	}
	was.Status, was.Reason, was.Message = c.Status, c.Reason, c.Message
}

func findCondition(o *apiextensionsv1.CustomResourceDefinition, of string) *condition {
	for i := range o.Status.Conditions {
		if o.Status.Conditions[i].Type == of {
			return &o.Status.Conditions[i]
		}
	}
	return nil
}

func isTrueCondition(o *apiextensionsv1.CustomResourceDefinition, of string) bool {
	c := findCondition(o, of)
	return c != nil && c.Status == "True"
}

// IsServed says whether what a definition defines is served: its names are its own, or were once.
func IsServed(o *apiextensionsv1.CustomResourceDefinition) bool {
	return isTrueCondition(o, namesAccepted) || isTrueCondition(o, established)
}

// HasNames says whether a definition has all the names that it wants.
func HasNames(o *apiextensionsv1.CustomResourceDefinition) bool {
	return isTrueCondition(o, namesAccepted)
}

// IsEstablished says whether objects of a definition can be in the store.
func IsEstablished(o *apiextensionsv1.CustomResourceDefinition) bool {
	return isTrueCondition(o, established)
}

// IsTerminating says whether the objects of a definition are being deleted.
func IsTerminating(o *apiextensionsv1.CustomResourceDefinition) bool {
	return isTrueCondition(o, Terminating)
}

// IsSettled says whether a definition has all that conclude gives it, as far as that can be told without its schemas: one that
// another server has just stored has not.
func IsSettled(o *apiextensionsv1.CustomResourceDefinition) bool {
	if findCondition(o, namesAccepted) == nil || findCondition(o, established) == nil {
		return false
	}
	return !isTrueCondition(o, namesAccepted) || isTrueCondition(o, established) || findCondition(o, established).Reason == "InvalidCABundle"
}

// settle gives the hooks that follow a definition through its life.
func settle(d *kind.Deps, s *resource.Strategy) {
	s.BeforeDelete = func(_ context.Context, o object.Object, _ *metav1.DeleteOptions) (object.Object, error) {
		crd, ok := o.(*apiextensionsv1.CustomResourceDefinition)
		if !ok {
			return nil, kind.WrongType(o)
		}
		if marked := terminating(crd, metav1.NewTime(d.Now().Truncate(time.Second))); marked != nil {
			return marked, nil
		}
		return nil, nil
	}
	s.Stored = func(ctx context.Context, o object.Object) { d.Definitions.Written(ctx, o.GetName()) }
}

// concluding is conclude as a hook.
func concluding(d *kind.Deps) func(context.Context, *resource.Attempt, object.Object, object.Object) error {
	return func(_ context.Context, a *resource.Attempt, o, old object.Object) error {
		now, ok := o.(*apiextensionsv1.CustomResourceDefinition)
		if !ok {
			return kind.WrongType(o)
		}
		was, _ := old.(*apiextensionsv1.CustomResourceDefinition)
		return conclude(d, a, now, was)
	}
}
