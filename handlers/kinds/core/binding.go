package core

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// bindings is the older path of pods/binding.
var bindings = kind.Kind{Group: group, Resource: "bindings", Strategy: bind}

// bind assigns a pod to a node, once. For both paths, bindings and pods/binding, the body names the pod.
func bind(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		b, ok := body.(*corev1.Binding)
		if !ok {
			return nil, kind.WrongType(body)
		}
		if a.Name != "" && a.Name != b.Name {
			return nil, apierrors.NewBadRequest("name in URL does not match name in Binding object")
		}
		if row.Subresource == "" {
			b.UID = "" // a create through bindings gets a new uid
		}
		var errs field.ErrorList
		if b.Target.Kind != "" && b.Target.Kind != "Node" {
			errs = append(errs, field.NotSupported(field.NewPath("target", "kind"), b.Target.Kind, []string{"Node", "<empty>"}))
		}
		if b.Target.Name == "" {
			errs = append(errs, field.Required(field.NewPath("target", "name"), ""))
		}
		if len(errs) > 0 {
			return nil, validation.Refuse(schema.GroupKind{Kind: "Binding"}, b.Name, errs)
		}
		err := changePod(ctx, d, a.Namespace, b.Name, a.DryRun, func(pod *corev1.Pod) error { return bindPod(d, pod, b) })
		if err != nil {
			if _, ok := err.(apierrors.APIStatus); !ok {
				err = apierrors.NewConflict(schema.GroupResource{Resource: "pods/binding"}, b.Name, err)
			}
			return nil, err
		}
		return &metav1.Status{Status: metav1.StatusSuccess}, nil
	}
}

func bindPod(d *kind.Deps, pod *corev1.Pod, b *corev1.Binding) error {
	if err := precondition(pod, string(b.UID), b.ResourceVersion); err != nil {
		return err
	}
	switch {
	case pod.DeletionTimestamp != nil:
		return fmt.Errorf("pod %s is being deleted, cannot be assigned to a host", pod.Name)
	case pod.Spec.NodeName != "":
		return fmt.Errorf("pod %v is already assigned to node %q", pod.Name, pod.Spec.NodeName)
	case len(pod.Spec.SchedulingGates) > 0:
		return fmt.Errorf("pod %v has non-empty .spec.schedulingGates", pod.Name)
	}
	pod.Spec.NodeName = b.Target.Name
	pod.Status.NominatedNodeName = ""
	pod.Annotations = merged(pod.Annotations, b.Annotations)
	if len(b.Labels) > 0 {
		pod.Labels = merged(pod.Labels, b.Labels)
	}
	setCondition(d, pod, corev1.PodCondition{Type: podScheduled, Status: "True"})
	return nil
}

// merged is base with the entries of more, which take precedence; never nil.
func merged(base, more map[string]string) map[string]string {
	if base == nil {
		base = make(map[string]string, len(more))
	}
	for k, v := range more {
		base[k] = v
	}
	return base
}

// precondition checks the uid and resourceVersion that the writer has set.
func precondition(o object.Object, uid, resourceVersion string) error {
	gr := schema.GroupResource{Resource: "pods"}
	if uid != "" && uid != string(o.GetUID()) {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", uid, o.GetUID()))
	}
	if resourceVersion != "" && resourceVersion != o.GetResourceVersion() {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("Precondition failed: ResourceVersion in precondition: %v, ResourceVersion in object meta: %v", resourceVersion, o.GetResourceVersion()))
	}
	return nil
}

// changePod changes the live pod through pods/binding.
func changePod(ctx context.Context, d *kind.Deps, namespace, name string, dryRun bool, change func(*corev1.Pod) error) error {
	apply := func(o object.Object) error {
		pod, ok := o.(*corev1.Pod)
		if !ok {
			return kind.WrongType(o)
		}
		return change(pod)
	}
	w := resource.OwnWrite{Resource: kind.CoreV1("pods"), Subresource: "binding", Namespace: namespace, Name: name, DryRun: dryRun, Untracked: true}
	_, err := d.Write.Update(ctx, w, apply)
	return err
}
