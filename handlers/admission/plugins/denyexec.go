package plugins

import (
	"context"
	"errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// DenyExec is DenyEscalatingExec and DenyExecOnPrivileged, which upstream had until 1.20: nobody gets a shell in a container that is
// privileged or, for the former, in one that sees the processes or the messages of its host.
type DenyExec struct {
	admission.On
	Pods lookup.Reader
	host bool
}

func newDenyEscalatingExec(d *Deps) any {
	return &DenyExec{admission.On{admission.Connect}, d.Live, true}
}

func newDenyExecOnPrivileged(d *Deps) any {
	return &DenyExec{admission.On{admission.Connect}, d.Live, false}
}

var (
	errHostPID    = errors.New("cannot exec into or attach to a container using host pid")
	errHostIPC    = errors.New("cannot exec into or attach to a container using host ipc")
	errPrivileged = errors.New("cannot exec into or attach to a privileged container")
)

// Validate implements admission.Validator.
func (p *DenyExec) Validate(ctx context.Context, a *admission.Attributes) error {
	if !a.IsSub("", "pods", "exec") && !a.IsSub("", "pods", "attach") {
		return nil
	}
	pod, err := lookup.Get[*corev1.Pod](ctx, p.Pods, podsResource, a.Namespace, a.Name)
	switch {
	case err != nil:
		return a.Forbidden(err)
	case p.host && pod.Spec.HostPID:
		return a.Forbidden(errHostPID)
	case p.host && pod.Spec.HostIPC:
		return a.Forbidden(errHostIPC)
	case privileged(&pod.Spec):
		return a.Forbidden(errPrivileged)
	}
	return nil
}

func privileged(spec *corev1.PodSpec) bool {
	is := func(c *corev1.SecurityContext) bool { return c != nil && c.Privileged != nil && *c.Privileged }
	for i := range spec.InitContainers {
		if is(spec.InitContainers[i].SecurityContext) {
			return true
		}
	}
	for i := range spec.Containers {
		if is(spec.Containers[i].SecurityContext) {
			return true
		}
	}
	for i := range spec.EphemeralContainers {
		if is(spec.EphemeralContainers[i].SecurityContext) {
			return true
		}
	}
	return false
}
