package podspec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// claimNames are the names of the resource claims of a pod.
func claimNames(spec *corev1.PodSpec) map[string]bool {
	out := make(map[string]bool, len(spec.ResourceClaims))
	for _, c := range spec.ResourceClaims {
		if c.Name != "" {
			out[c.Name] = true
		}
	}
	return out
}

// podClaims refuses duplicate names.
func podClaims(list []corev1.PodResourceClaim, path *field.Path) (errs field.ErrorList) {
	seen := make(map[string]bool, len(list))
	for i, c := range list {
		if c.Name != "" && seen[c.Name] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), c.Name))
		}
		seen[c.Name] = true
	}
	return errs
}

// usedClaims validates a container's references to the pod's claims, as a whole or by request.
func usedClaims(list []corev1.ResourceClaim, known map[string]bool, path *field.Path) (errs field.ErrorList) {
	whole, parts, requests := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, c := range list {
		at := path.Index(i)
		if c.Name == "" {
			errs = append(errs, field.Required(at, ""))
			continue
		}
		switch key := c.Name + "/" + c.Request; {
		case whole[c.Name]:
			errs = append(errs, field.Duplicate(at, c.Name))
		case c.Request == "":
			if parts[c.Name] {
				errs = append(errs, field.Duplicate(at, c.Name))
			}
			whole[c.Name] = true
		case requests[key]:
			errs = append(errs, field.Duplicate(at, key))
		default:
			requests[key], parts[c.Name] = true, true
		}
		if !known[c.Name] {
			e := field.NotFound(at, c.Name)
			e.Detail = "must be one of the names in pod.spec.resourceClaims"
			if len(known) == 0 {
				e.Detail += " which is empty"
			} else {
				e.Detail += ": " + strings.Join(kind.SortedKeys(known), ", ")
			}
			errs = append(errs, e)
		}
	}
	return errs
}

// fileKeys requires the volumes of fileKeyRef to be emptyDir volumes of the pod.
func fileKeys(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	volumes := make(map[string]*corev1.Volume, len(spec.Volumes))
	for i := range spec.Volumes {
		volumes[spec.Volumes[i].Name] = &spec.Volumes[i]
	}
	eachContainer(spec, path, func(c *corev1.Container, at *field.Path) {
		for i, e := range c.Env {
			if e.ValueFrom == nil || e.ValueFrom.FileKeyRef == nil {
				continue
			}
			name, where := e.ValueFrom.FileKeyRef.VolumeName, at.Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName")
			if v := volumes[name]; v == nil {
				errs = append(errs, field.NotFound(where, name))
			} else if v.EmptyDir == nil {
				errs = append(errs, field.Invalid(where, name, "referenced volume must be of type emptyDir"))
			}
		}
	})
	return errs
}

// eachContainer visits init containers, containers and ephemeral containers, in this order.
func eachContainer(spec *corev1.PodSpec, path *field.Path, f func(*corev1.Container, *field.Path)) {
	for i := range spec.InitContainers {
		f(&spec.InitContainers[i], path.Child("initContainers").Index(i))
	}
	for i := range spec.Containers {
		f(&spec.Containers[i], path.Child("containers").Index(i))
	}
	for i := range spec.EphemeralContainers {
		c := asContainer(&spec.EphemeralContainers[i])
		f(&c, path.Child("ephemeralContainers").Index(i))
	}
}

// restartRules of a container require a restartPolicy.
func restartRules(c *corev1.Container, path *field.Path) field.ErrorList {
	if c.RestartPolicy == nil && len(c.RestartPolicyRules) > 0 {
		return field.ErrorList{field.Required(path.Child("restartPolicy"), "must specify restartPolicy when restart rules are used")}
	}
	return nil
}

// resizeRestarts forbids RestartContainer in pods that never restart.
func resizeRestarts(c *corev1.Container, never bool, path *field.Path) (errs field.ErrorList) {
	for _, p := range c.ResizePolicy {
		if never && p.RestartPolicy != "NotRequired" {
			errs = append(errs, field.Invalid(path.Child("resizePolicy"), p.RestartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
		}
	}
	return errs
}

// initResizeRestarts forbids RestartContainer in init containers that are not sidecars.
func initResizeRestarts(c *corev1.Container, path *field.Path) (errs field.ErrorList) {
	for i, p := range c.ResizePolicy {
		if p.RestartPolicy == "RestartContainer" {
			errs = append(errs, field.Invalid(path.Child("resizePolicy").Index(i).Child("restartPolicy"), p.RestartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"))
		}
	}
	return errs
}

// mountModes validates mount propagation and recursiveReadOnly. The paths have no index, so each fault is reported once.
func mountModes(c *corev1.Container, path *field.Path) (errs field.ErrorList) {
	mounts := path.Child("volumeMounts")
	privileged := c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
	var exposed, writable, propagated bool
	for _, m := range c.VolumeMounts {
		p, r := m.MountPropagation, m.RecursiveReadOnly
		exposed = exposed || p != nil && *p == "Bidirectional" && !privileged
		if r != nil && slices.Contains([]string{"Enabled", "IfPossible"}, *r) {
			writable = writable || !m.ReadOnly
			propagated = propagated || p != nil && *p != "None"
		}
	}
	if exposed {
		errs = append(errs, field.Forbidden(mounts.Child("mountPropagation"), "Bidirectional mount propagation is available only to privileged containers"))
	}
	if writable {
		errs = append(errs, field.Forbidden(mounts.Child("recursiveReadOnly"), "may only be specified when readOnly is true"))
	}
	if propagated {
		errs = append(errs, field.Forbidden(mounts.Child("recursiveReadOnly"), "may only be specified when mountPropagation is None or not specified"))
	}
	return errs
}
