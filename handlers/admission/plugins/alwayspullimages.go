package plugins

import (
	"context"
	"slices"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

const pullAlways = "Always"

// AlwaysPullImages has nodes pull every image anew, with the credentials of the pod: without it a pod may run a private image that
// another pod has brought to the node.
type AlwaysPullImages struct{ admission.On }

func newAlwaysPullImages(*Deps) any {
	return &AlwaysPullImages{admission.On{admission.Create, admission.Update}}
}

// Admit implements admission.Mutator.
func (*AlwaysPullImages) Admit(_ context.Context, a *admission.Attributes) error {
	pod, err := podWithNewImages(a)
	if pod == nil || err != nil {
		return err
	}
	visit(&pod.Spec, func(c container) bool {
		*c.pullPolicy = pullAlways
		return true
	})
	for _, v := range pod.Spec.Volumes {
		if v.Image != nil {
			v.Image.PullPolicy = pullAlways
		}
	}
	return nil
}

// Validate implements admission.Validator: a plugin after this one may have changed a policy back.
func (*AlwaysPullImages) Validate(_ context.Context, a *admission.Attributes) error {
	pod, err := podWithNewImages(a)
	if pod == nil || err != nil {
		return err
	}
	var errs []error
	refuse := func(path *field.Path, policy string) {
		if policy != pullAlways {
			errs = append(errs, a.Forbidden(field.NotSupported(path, policy, []string{pullAlways})))
		}
	}
	spec := field.NewPath("spec")
	visit(&pod.Spec, func(c container) bool {
		refuse(spec.Child(c.list).Index(c.index).Child("imagePullPolicy"), *c.pullPolicy)
		return true
	})
	for i, v := range pod.Spec.Volumes {
		if v.Image != nil {
			refuse(spec.Child("volumes").Index(i).Child("image", "pullPolicy"), v.Image.PullPolicy)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// podWithNewImages is the pod of a request that brings images; nil for others. A pod that already runs keeps its policies.
func podWithNewImages(a *admission.Attributes) (*corev1.Pod, error) {
	if !a.Is("", "pods") {
		return nil, nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return nil, err
	}
	old, isUpdate := a.Old.(*corev1.Pod)
	if !isUpdate {
		return pod, nil
	}
	known := images(&old.Spec)
	isNew := slices.ContainsFunc(images(&pod.Spec), func(image string) bool { _, found := slices.BinarySearch(known, image); return !found })
	if !isNew {
		return nil, nil
	}
	return pod, nil
}

// images are those of a pod, each once.
func images(spec *corev1.PodSpec) (list []string) {
	visit(spec, func(c container) bool {
		list = append(list, c.image)
		return true
	})
	slices.Sort(list)
	return slices.Compact(list)
}
