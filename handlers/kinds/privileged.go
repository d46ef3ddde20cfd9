package kinds

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// withPods are the resources that pods are made from.
var withPods = []name{
	{"", "pods"}, {"", "podtemplates"}, {"", "replicationcontrollers"}, {"apps", "daemonsets"}, {"apps", "deployments"},
	{"apps", "replicasets"}, {"apps", "statefulsets"}, {"batch", "cronjobs"}, {"batch", "jobs"},
}

// holdPrivileged refuses privileged containers in everything that pods are made from. It is a matter of the server, not of a kind:
// --allow-privileged says so for all of them.
func holdPrivileged(row resources.Row, st *resource.Strategy) {
	if row.Subresource != "" && row.Subresource != "ephemeralcontainers" {
		return
	}
	if !slices.Contains(withPods, name{row.Group, row.Resource}) {
		return
	}
	inner := st.Validate
	st.Validate = func(ctx context.Context, o object.Object) (errs field.ErrorList) {
		if inner != nil {
			errs = inner(ctx, o)
		}
		spec, path := podSpec(o)
		if spec == nil {
			return errs
		}
		return append(errs, privileged(spec, path)...)
	}
}

// podSpec is the pod specification that an object has, and where; nil for none.
func podSpec(o any) (*corev1.PodSpec, *field.Path) {
	spec := field.NewPath("spec")
	template := spec.Child("template", "spec")
	switch o := o.(type) {
	case *corev1.Pod:
		return &o.Spec, spec
	case *corev1.PodTemplate:
		return &o.Template.Spec, field.NewPath("template", "spec")
	case *corev1.ReplicationController:
		if o.Spec.Template == nil {
			return nil, nil
		}
		return &o.Spec.Template.Spec, template
	case *appsv1.DaemonSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec, template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.StatefulSet:
		return &o.Spec.Template.Spec, template
	case *batchv1.Job:
		return &o.Spec.Template.Spec, template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template.Spec, spec.Child("jobTemplate", "spec", "template", "spec")
	}
	return nil, nil
}

func privileged(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	check := func(list string, i int, c *corev1.SecurityContext) {
		if c != nil && c.Privileged != nil && *c.Privileged {
			errs = append(errs, field.Forbidden(path.Child(list).Index(i).Child("securityContext", "privileged"), "disallowed by cluster policy"))
		}
	}
	for i := range spec.Containers {
		check("containers", i, spec.Containers[i].SecurityContext)
	}
	for i := range spec.InitContainers {
		check("initContainers", i, spec.InitContainers[i].SecurityContext)
	}
	for i := range spec.EphemeralContainers {
		check("ephemeralContainers", i, spec.EphemeralContainers[i].SecurityContext)
	}
	return errs
}
