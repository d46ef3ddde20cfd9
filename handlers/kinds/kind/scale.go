package kind

import (
	"context"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Scale sets the hooks of a scale subresource, by the paths in its row.
func Scale(row resources.Row, s *resource.Strategy) {
	parent := ParentRow(row)
	spec, status, selector := Compile(parent, row.Scale.SpecReplicas), Compile(parent, row.Scale.StatusReplicas), Compile(parent, row.Scale.Selector)
	s.View = func(o object.Object) (object.Object, error) {
		out := &autoscalingv1.Scale{
			TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v1", Kind: "Scale"},
			ObjectMeta: metav1.ObjectMeta{Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(),
				ResourceVersion: o.GetResourceVersion(), CreationTimestamp: o.GetCreationTimestamp()},
		}
		out.Spec.Replicas = number(spec.Get(o))
		out.Status.Replicas = number(status.Get(o))
		text, err := selectorText(selector.Get(o))
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		out.Status.Selector = text
		return out, nil
	}
	s.Apply = func(_ context.Context, body, o object.Object) error {
		sc, ok := body.(*autoscalingv1.Scale)
		if !ok {
			return apierrors.NewBadRequest(fmt.Sprintf("expected input object type to be Scale, but %T", body))
		}
		errs := validation.ObjectMeta(sc, true, nil, field.NewPath("metadata"))
		if sc.Spec.Replicas < 0 {
			errs = append(errs, field.Invalid(field.NewPath("spec", "replicas"), sc.Spec.Replicas, "must be greater than or equal to 0"))
		}
		if len(errs) > 0 {
			return apierrors.NewInvalid(schema.GroupKind{Group: "autoscaling", Kind: "Scale"}, o.GetName(), errs)
		}
		if sc.UID != "" && sc.UID != o.GetUID() {
			return apierrors.NewConflict(schema.GroupResource{Group: row.Group, Resource: row.Resource + "/scale"}, o.GetName(),
				fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", sc.UID, o.GetUID()))
		}
		field := spec.Get(o)
		if !field.IsValid() || !field.CanSet() {
			return WrongType(o)
		}
		n := sc.Spec.Replicas
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.ValueOf(&n))
		} else {
			field.SetInt(int64(n))
		}
		o.SetResourceVersion(sc.ResourceVersion)
		return nil
	}
}

// updateAs copies the update hooks of the parent, because a write to a scale is an update of the whole parent object.
func updateAs(s, parent *resource.Strategy) {
	s.PrepareForUpdate, s.Warnings = parent.PrepareForUpdate, parent.Warnings
	s.Validate, s.ValidateWith, s.ValidateUpdate = parent.Validate, parent.ValidateWith, parent.ValidateUpdate
	s.FieldRules, s.ChangesFirst = true, parent.ChangesFirst
}

// ParentRow is the row of the resource that a subresource's row belongs to.
func ParentRow(row resources.Row) resources.Row {
	for _, r := range resources.Rows {
		if r.Group == row.Group && r.Version == row.Version && r.Resource == row.Resource && r.Subresource == "" {
			return r
		}
	}
	return row
}

func number(v reflect.Value) int32 {
	v = reflect.Indirect(v)
	if !v.IsValid() || !v.CanInt() {
		return 0
	}
	return int32(v.Int())
}

// selectorText is a selector of any type of the API in the form of the labelSelector parameter.
func selectorText(v reflect.Value) (string, error) {
	if !v.IsValid() {
		return "", nil
	}
	switch s := v.Interface().(type) {
	case *metav1.LabelSelector:
		compiled, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			return "", err
		}
		return compiled.String(), nil
	case map[string]string:
		return labels.SelectorFromSet(s).String(), nil
	case string:
		return s, nil
	}
	return "", fmt.Errorf("unexpected selector type %s", v.Type())
}
