package strategy

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const mirrorAnnotation = "kubernetes.io/config.mirror"

// ephemeralContainers adds containers for debugging to a running pod; nothing else of it is the writer's.
func ephemeralContainers(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, pod, old *corev1.Pod) error {
		list := pod.Spec.EphemeralContainers
		keepAllButSpec(pod, old)
		pod.Spec = object.Copy(old).Spec
		pod.Spec.EphemeralContainers = list
		return nil
	})
	s.ValidateUpdate = checkUpdate(func(pod, old *corev1.Pod) field.ErrorList {
		if _, ok := old.Annotations[mirrorAnnotation]; ok {
			return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods do not support ephemeral containers")}
		}
		errs := validatePodSpec(&pod.Spec, field.NewPath("spec"))
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
				errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be changed\n%v", c.Name, specDiff(c, *n))))
			}
		}
		return errs
	})
}

// keepAllButSpec takes the status and the metadata that a writer may not touch through a subresource from old.
func keepAllButSpec(pod, old *corev1.Pod) {
	pod.Status = old.Status
	pod.DeletionTimestamp, pod.Generation = old.DeletionTimestamp, old.Generation
	pod.Labels, pod.Annotations = old.Labels, old.Annotations
	pod.Finalizers, pod.OwnerReferences = old.Finalizers, old.OwnerReferences
}

func asContainer(c *corev1.EphemeralContainer) corev1.Container {
	return corev1.Container{Name: c.Name, Image: c.Image, Command: c.Command, Args: c.Args, WorkingDir: c.WorkingDir, Ports: c.Ports,
		EnvFrom: c.EnvFrom, Env: c.Env, Resources: c.Resources, ResizePolicy: c.ResizePolicy, RestartPolicy: c.RestartPolicy,
		RestartPolicyRules: c.RestartPolicyRules, VolumeMounts: c.VolumeMounts, VolumeDevices: c.VolumeDevices, LivenessProbe: c.LivenessProbe,
		ReadinessProbe: c.ReadinessProbe, StartupProbe: c.StartupProbe, Lifecycle: c.Lifecycle, TerminationMessagePath: c.TerminationMessagePath,
		TerminationMessagePolicy: c.TerminationMessagePolicy, ImagePullPolicy: c.ImagePullPolicy, SecurityContext: c.SecurityContext,
		Stdin: c.Stdin, StdinOnce: c.StdinOnce, TTY: c.TTY}
}

// ephemeralRules: such a container has no ports, no resources, no probes and no life cycle.
func ephemeralRules(c *corev1.EphemeralContainer, targets map[string]bool, path *field.Path) (errs field.ErrorList) {
	if c.TargetContainerName != "" && !targets[c.TargetContainerName] {
		errs = append(errs, field.NotFound(path.Child("targetContainerName"), c.TargetContainerName))
	}
	const why = "cannot be set for an Ephemeral Container"
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"ports", len(c.Ports) > 0}, {"resources", len(c.Resources.Limits)+len(c.Resources.Requests)+len(c.Resources.Claims) > 0},
		{"resizePolicy", len(c.ResizePolicy) > 0}, {"restartPolicy", c.RestartPolicy != nil}, {"restartPolicyRules", len(c.RestartPolicyRules) > 0},
		{"livenessProbe", c.LivenessProbe != nil}, {"readinessProbe", c.ReadinessProbe != nil}, {"startupProbe", c.StartupProbe != nil},
		{"lifecycle", c.Lifecycle != nil},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), why))
		}
	}
	for i, m := range c.VolumeMounts {
		if m.SubPath != "" {
			errs = append(errs, field.Forbidden(path.Child("volumeMounts").Index(i).Child("subPath"), why))
		}
		if m.SubPathExpr != "" {
			errs = append(errs, field.Forbidden(path.Child("volumeMounts").Index(i).Child("subPathExpr"), why))
		}
	}
	return errs
}
