package core

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const mirrorAnnotation = "kubernetes.io/config.mirror"

// ephemeralContainers adds ephemeral containers to a running pod and changes nothing else.
func ephemeralContainers(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, pod, old *corev1.Pod) error {
		list := pod.Spec.EphemeralContainers
		keepAllButSpec(pod, old)
		pod.Spec = object.Copy(old).Spec
		pod.Spec.EphemeralContainers = list
		return nil
	})
	s.FieldRules = true
	s.ValidateWith = kind.CheckWith(func(pod, old *corev1.Pod) field.ErrorList {
		return append(podspec.Validate(d, &pod.Spec, specOf(old), spec), debugImages(&pod.Spec, spec.Child("ephemeralContainers"))...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(pod, old *corev1.Pod) field.ErrorList {
		if _, ok := old.Annotations[mirrorAnnotation]; ok {
			return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods do not support ephemeral containers")}
		}
		var errs field.ErrorList
		path := field.NewPath("spec", "ephemeralContainers")
		now := map[string]*corev1.EphemeralContainer{}
		for i := range pod.Spec.EphemeralContainers {
			now[pod.Spec.EphemeralContainers[i].Name] = &pod.Spec.EphemeralContainers[i]
		}
		for _, c := range old.Spec.EphemeralContainers {
			switch n := now[c.Name]; {
			case n == nil:
				errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be removed\n", c.Name)))
			case !equality.Semantic.DeepEqual(c, *n):
				errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be changed\n%v", c.Name, display.Diff(c, *n))))
			}
		}
		return errs
	})
}

// keepAllButSpec copies from old the status and the metadata that a write to the subresource cannot change.
func keepAllButSpec(pod, old *corev1.Pod) {
	pod.Status = old.Status
	pod.DeletionTimestamp, pod.Generation = old.DeletionTimestamp, old.Generation
	pod.Labels, pod.Annotations = old.Labels, old.Annotations
	pod.Finalizers, pod.OwnerReferences = old.Finalizers, old.OwnerReferences
}
