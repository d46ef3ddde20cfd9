package podspec

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// validateContainers has the rules between the fields of containers, init containers and ephemeral containers.
func validateContainers(d *kind.Deps, spec *corev1.PodSpec, volumes map[string]*corev1.Volume, path *field.Path) (errs field.ErrorList) {
	names, grace := map[string]bool{}, gracePeriod(spec)
	in := surroundings{d, volumes, claimNames(spec), ownUsers(spec), spec.RestartPolicy == "Never"}
	for i := range spec.Containers {
		c, at := &spec.Containers[i], path.Child("containers").Index(i)
		errs = append(errs, in.validate(c, at)...)
		errs = append(errs, uniqueName(c.Name, names, at)...)
		errs = append(errs, handlers(spec, c, grace, at)...)
		errs = append(errs, restartRules(c, at)...)
	}
	errs = append(errs, hostPorts(spec.Containers, path.Child("containers"))...)
	for i := range spec.InitContainers {
		c, at := &spec.InitContainers[i], path.Child("initContainers").Index(i)
		errs = append(errs, in.validate(c, at)...)
		if c.Name != "" || names[""] {
			errs = append(errs, uniqueName(c.Name, names, at)...)
		}
		errs = append(errs, hostPorts(spec.InitContainers[i:i+1], path.Child("initContainers"))...)
		errs = append(errs, restartRules(c, at)...)
		if c.RestartPolicy != nil && *c.RestartPolicy == "Always" {
			errs = append(errs, handlers(spec, c, grace, at)...)
			continue
		}
		for _, h := range []struct {
			name string
			set  bool
		}{{"lifecycle", c.Lifecycle != nil}, {"livenessProbe", c.LivenessProbe != nil}, {"readinessProbe", c.ReadinessProbe != nil}, {"startupProbe", c.StartupProbe != nil}} {
			if h.set {
				errs = append(errs, field.Forbidden(at.Child(h.name), "may not be set for init containers without restartPolicy=Always"))
			}
		}
		errs = append(errs, initResizeRestarts(c, at)...)
	}
	targets := maps.Clone(names)
	for i := range spec.EphemeralContainers {
		c, at := &spec.EphemeralContainers[i], path.Child("ephemeralContainers").Index(i)
		common := asContainer(c)
		errs = append(errs, in.validate(&common, at)...)
		errs = append(errs, uniqueName(c.Name, names, at)...)
		errs = append(errs, ephemeralRules(c, targets, at)...)
	}
	return errs
}

// uniqueName refuses a name of an earlier container. Empty names are duplicates, too, except among init containers.
func uniqueName(name string, seen map[string]bool, path *field.Path) field.ErrorList {
	if seen[name] {
		return field.ErrorList{field.Duplicate(path.Child("name"), name)}
	}
	seen[name] = true
	return nil
}

// surroundings are the parts of a pod that the rules of a container depend on.
type surroundings struct {
	d               *kind.Deps
	volumes         map[string]*corev1.Volume
	claims          map[string]bool
	ownUsers, never bool
}

func (in *surroundings) validate(c *corev1.Container, path *field.Path) (errs field.ErrorList) {
	ports := map[string]bool{}
	for i, p := range c.Ports {
		if p.Name != "" && ports[p.Name] {
			errs = append(errs, field.Duplicate(path.Child("ports").Index(i).Child("name"), p.Name))
		}
		ports[p.Name] = true
	}
	for i := range c.Env {
		errs = append(errs, valueFrom(&c.Env[i], path.Child("env").Index(i).Child("valueFrom"))...)
	}
	for i := range c.EnvFrom {
		switch e := &c.EnvFrom[i]; {
		case e.ConfigMapRef == nil && e.SecretRef == nil:
			errs = append(errs, field.Invalid(path.Child("envFrom"), "", "must specify one of: `configMapRef` or `secretRef`"))
		case e.ConfigMapRef != nil && e.SecretRef != nil:
			errs = append(errs, field.Invalid(path.Child("envFrom"), "", "may not have more than one field specified at a time"))
		}
	}
	errs = append(errs, validateMounts(c, in.volumes, path)...)
	errs = append(errs, mountModes(c, path)...)
	errs = append(errs, requirements(c.Resources.Requests, c.Resources.Limits, path.Child("resources"))...)
	errs = append(errs, usedClaims(c.Resources.Claims, in.claims, path.Child("resources", "claims"))...)
	errs = append(errs, resizeRestarts(c, in.never, path)...)
	errs = append(errs, unmasked(c, in.ownUsers, path)...)
	resized := map[string]bool{}
	for i, p := range c.ResizePolicy {
		if resized[p.ResourceName] {
			errs = append(errs, field.Duplicate(path.Child("resizePolicy").Index(i), p.ResourceName))
		}
		resized[p.ResourceName] = true
	}
	if s := c.SecurityContext; s != nil && s.Privileged != nil && *s.Privileged && !in.d.AllowPrivileged {
		errs = append(errs, field.Forbidden(path.Child("securityContext", "privileged"), "disallowed by cluster policy"))
	}
	if s := c.SecurityContext; s != nil && s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
		if s.Privileged != nil && *s.Privileged {
			errs = append(errs, field.Invalid(path.Child("securityContext"), display.Value(s), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
		}
		if s.Capabilities != nil && slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
			errs = append(errs, field.Invalid(path.Child("securityContext"), display.Value(s), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
		}
	}
	return errs
}

func valueFrom(e *corev1.EnvVar, path *field.Path) field.ErrorList {
	if e.ValueFrom == nil {
		return nil
	}
	n := 0
	for _, set := range []bool{e.ValueFrom.FieldRef != nil, e.ValueFrom.ResourceFieldRef != nil, e.ValueFrom.ConfigMapKeyRef != nil, e.ValueFrom.SecretKeyRef != nil, e.ValueFrom.FileKeyRef != nil} {
		if set {
			n++
		}
	}
	switch {
	case n == 0:
		return field.ErrorList{field.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")}
	case e.Value != "":
		return field.ErrorList{field.Invalid(path, "", "may not be specified when `value` is not empty")}
	case n > 1:
		return field.ErrorList{field.Invalid(path, "", "may not have more than one field specified at a time")}
	}
	return nil
}

// requirements requires requests to be at most their limits, and equal for resources that cannot be overcommitted.
func requirements(requests, limits map[string]resource.Quantity, path *field.Path) (errs field.ErrorList) {
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		request := requests[name]
		limit, limited := limits[name]
		switch {
		case limited && !Overcommits(name) && request.Cmp(limit) != 0:
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String())))
		case limited && request.Cmp(limit) > 0:
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
		case !limited && !Overcommits(name):
			errs = append(errs, field.Required(path.Child("limits"), "Limit must be set for non overcommitable resources"))
		}
	}
	if PagesAlone(requests, limits) {
		errs = append(errs, field.Forbidden(path, "HugePages require cpu or memory"))
	}
	return errs
}

// PagesAlone says whether huge pages are requested without cpu or memory.
func PagesAlone(lists ...map[string]resource.Quantity) (pages bool) {
	for _, m := range lists {
		for name := range m {
			if name == "cpu" || name == "memory" {
				return false
			}
			pages = pages || HugePages(name)
		}
	}
	return pages
}

// Overcommits says whether requests may be below limits: for native resources, except huge pages.
func Overcommits(name string) bool { return Native(name) && !HugePages(name) }

// hostPorts refuses host ports that two containers have.
func hostPorts(list []corev1.Container, path *field.Path) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i, c := range list {
		for j, p := range c.Ports {
			if p.HostPort == 0 {
				continue
			}
			k := fmt.Sprintf("%s/%s/%d", p.Protocol, p.HostIP, p.HostPort)
			if seen[k] {
				errs = append(errs, field.Duplicate(path.Index(i).Child("ports").Index(j).Child("hostPort"), k))
			}
			seen[k] = true
		}
	}
	return errs
}

const severalHandlers, noHandler = "may not specify more than 1 handler type", "must specify a handler type"

func handlers(spec *corev1.PodSpec, c *corev1.Container, grace *int64, path *field.Path) (errs field.ErrorList) {
	if l := c.Lifecycle; l != nil {
		if l.PostStart != nil {
			errs = append(errs, kind.OneOf(l.PostStart, path.Child("lifecycle", "postStart"), severalHandlers, noHandler)...)
			errs = append(errs, pause(l.PostStart, grace, path.Child("lifecycle", "postStart", "sleep"))...)
		}
		if l.PreStop != nil {
			errs = append(errs, kind.OneOf(l.PreStop, path.Child("lifecycle", "preStop"), severalHandlers, noHandler)...)
			errs = append(errs, pause(l.PreStop, grace, path.Child("lifecycle", "preStop", "sleep"))...)
		}
		if l.StopSignal != nil {
			errs = append(errs, stopSignal(*l.StopSignal, spec.OS, path.Child("lifecycle", "stopSignal"))...)
		}
	}
	for _, p := range []struct {
		name  string
		probe *corev1.Probe
	}{{"livenessProbe", c.LivenessProbe}, {"readinessProbe", c.ReadinessProbe}, {"startupProbe", c.StartupProbe}} {
		if p.probe == nil {
			continue
		}
		at := path.Child(p.name)
		errs = append(errs, kind.OneOf(p.probe, at, severalHandlers, noHandler, "TerminationGracePeriodSeconds")...)
		if p.name == "readinessProbe" {
			if p.probe.TerminationGracePeriodSeconds != nil {
				errs = append(errs, field.Invalid(at.Child("terminationGracePeriodSeconds"), p.probe.TerminationGracePeriodSeconds, "must not be set for readinessProbes"))
			}
		} else if p.probe.SuccessThreshold != 1 {
			errs = append(errs, field.Invalid(at.Child("successThreshold"), p.probe.SuccessThreshold, "must be 1"))
		}
	}
	return errs
}

// gracePeriod is terminationGracePeriodSeconds; a negative one counts as one second.
func gracePeriod(spec *corev1.PodSpec) *int64 {
	if p := spec.TerminationGracePeriodSeconds; p != nil && *p < 0 {
		one := int64(1)
		return &one
	}
	return spec.TerminationGracePeriodSeconds
}

// pause requires a sleep handler to end within the grace period.
func pause(h *corev1.LifecycleHandler, grace *int64, path *field.Path) field.ErrorList {
	if h.Sleep == nil || grace == nil || h.Sleep.Seconds >= 0 && h.Sleep.Seconds <= *grace {
		return nil
	}
	return field.ErrorList{field.Invalid(path, h.Sleep.Seconds, fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", *grace))}
}
