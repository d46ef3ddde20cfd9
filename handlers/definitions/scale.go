package definitions

import (
	"context"
	"fmt"
	"math"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// noReplicas is the number of an object that does not say how many replicas it wants, while a write decides on that.
const noReplicas = math.MinInt32

// scaleStrategy shows an object as a Scale and writes one into it. The object is then held to the rules of the resource.
func (v *versioned) scaleStrategy(main *resource.Strategy) *resource.Strategy {
	s := v.spec.Subresources.Scale
	return &resource.Strategy{
		Changed: main.Changed, ValidateUpdate: main.ValidateUpdate, Warnings: main.Warnings,
		View: func(o object.Object) (object.Object, error) {
			scale, found, err := v.scaleOf(o)
			if err == nil && !found {
				err = fmt.Errorf("the spec replicas field %q does not exist", s.SpecReplicasPath)
			}
			if err != nil {
				return nil, apierrors.NewInternalError(err)
			}
			return scale, nil
		},
		ViewToChange: func(o object.Object) (object.Object, error) {
			scale, found, err := v.scaleOf(o)
			if err == nil && !found {
				scale.Spec.Replicas = noReplicas
			}
			if err != nil {
				return nil, err
			}
			return scale, nil
		},
		Apply: func(_ context.Context, body, o object.Object) error {
			scale, ok := body.(*autoscalingv1.Scale)
			if !ok {
				return apierrors.NewBadRequest(fmt.Sprintf("wrong object passed to Scale update: %v", body))
			}
			if scale.Spec.Replicas == noReplicas {
				return apierrors.NewBadRequest(fmt.Sprintf("the spec replicas field %q cannot be empty", s.SpecReplicasPath))
			}
			return unstructured.SetNestedField(contentOf(o), int64(scale.Spec.Replicas), steps(s.SpecReplicasPath)...)
		},
	}
}

// steps are the names in a path like .spec.replicas.
func steps(path string) []string { return strings.Split(strings.TrimPrefix(path, "."), ".") }

// scaleOf shows an object as a Scale; found says whether it has a number of replicas that it wants.
func (v *versioned) scaleOf(o object.Object) (out *autoscalingv1.Scale, found bool, err error) {
	s, content := v.spec.Subresources.Scale, contentOf(o)
	wanted, found, err := unstructured.NestedInt64(content, steps(s.SpecReplicasPath)...)
	if err != nil {
		return nil, false, err
	}
	has, _, err := unstructured.NestedInt64(content, steps(s.StatusReplicasPath)...)
	if err != nil {
		return nil, false, err
	}
	out = &autoscalingv1.Scale{
		TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v1", Kind: "Scale"},
		ObjectMeta: metav1.ObjectMeta{
			Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(), CreationTimestamp: o.GetCreationTimestamp(),
		},
	}
	out.Spec.Replicas, out.Status.Replicas = int32(wanted), int32(has)
	if s.LabelSelectorPath != nil && *s.LabelSelectorPath != "" {
		if out.Status.Selector, _, err = unstructured.NestedString(content, steps(*s.LabelSelectorPath)...); err != nil {
			return nil, false, err
		}
	}
	return out, found, nil
}
