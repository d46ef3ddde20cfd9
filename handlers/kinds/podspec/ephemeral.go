package podspec

import (
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// asContainer is an ephemeral container as an ordinary one.
func asContainer(c *corev1.EphemeralContainer) corev1.Container {
	return corev1.Container{Name: c.Name, Image: c.Image, Command: c.Command, Args: c.Args, WorkingDir: c.WorkingDir, Ports: c.Ports,
		EnvFrom: c.EnvFrom, Env: c.Env, Resources: c.Resources, ResizePolicy: c.ResizePolicy, RestartPolicy: c.RestartPolicy,
		RestartPolicyRules: c.RestartPolicyRules, VolumeMounts: c.VolumeMounts, VolumeDevices: c.VolumeDevices, LivenessProbe: c.LivenessProbe,
		ReadinessProbe: c.ReadinessProbe, StartupProbe: c.StartupProbe, Lifecycle: c.Lifecycle, TerminationMessagePath: c.TerminationMessagePath,
		TerminationMessagePolicy: c.TerminationMessagePolicy, ImagePullPolicy: c.ImagePullPolicy, SecurityContext: c.SecurityContext,
		Stdin: c.Stdin, StdinOnce: c.StdinOnce, TTY: c.TTY}
}

// ephemeralRules forbids ports, resources, probes and lifecycle in ephemeral containers.
func ephemeralRules(c *corev1.EphemeralContainer, targets map[string]bool, path *field.Path) (errs field.ErrorList) {
	if c.TargetContainerName != "" && !targets[c.TargetContainerName] {
		errs = append(errs, field.NotFound(path.Child("targetContainerName"), c.TargetContainerName))
	}
	const why = "cannot be set for an Ephemeral Container"
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"ports", c.Ports != nil}, {"resources", len(c.Resources.Limits)+len(c.Resources.Requests)+len(c.Resources.Claims) > 0},
		{"resizePolicy", c.ResizePolicy != nil}, {"restartPolicy", c.RestartPolicy != nil}, {"restartPolicyRules", c.RestartPolicyRules != nil},
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
