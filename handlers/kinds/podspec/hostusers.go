package podspec

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// ownUsers reports whether a pod has its own user namespace.
func ownUsers(spec *corev1.PodSpec) bool { return spec.HostUsers != nil && !*spec.HostUsers }

// hostUsers forbids the host's other namespaces in a pod with its own user namespace.
func hostUsers(spec *corev1.PodSpec, may allowed, path *field.Path) (errs field.ErrorList) {
	if !ownUsers(spec) {
		return nil
	}
	refuse := func(bad bool, at *field.Path) {
		if bad {
			errs = append(errs, field.Forbidden(at, "when `hostUsers` is false"))
		}
	}
	refuse(spec.HostNetwork && !may.hostNetworkUsers, path.Child("hostNetwork"))
	// Upstream's paths have Go names here.
	refuse(spec.HostPID, path.Child("HostPID"))
	refuse(spec.HostIPC, path.Child("HostIPC"))
	eachContainer(spec, path, func(c *corev1.Container, at *field.Path) {
		refuse(len(c.VolumeDevices) > 0 && !may.userDevices, at.Child("volumeDevices"))
	})
	return errs
}

// unmasked requires a user namespace for procMount Unmasked.
func unmasked(c *corev1.Container, own bool, path *field.Path) field.ErrorList {
	if s := c.SecurityContext; s != nil && s.ProcMount != nil && *s.ProcMount == "Unmasked" && !own {
		return field.ErrorList{field.Invalid(path.Child("securityContext", "procMount"), *s.ProcMount, "`hostUsers` must be false to use `Unmasked`")}
	}
	return nil
}

// ofProcesses are the sysctls of the IPC namespace, besides those of fs.mqueue.
var ofProcesses = map[string]bool{"kernel.sem": true, "kernel.shmall": true, "kernel.shmmax": true, "kernel.shmmni": true, "kernel.shm_rmid_forced": true,
	"kernel.shm": true, "kernel.msgmax": true, "kernel.msgmnb": true, "kernel.msgmni": true, "kernel.msg": true}

// hostSysctl forbids sysctls of a namespace that the pod shares with the host.
func hostSysctl(name string, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	dotted := dots(name)
	switch {
	case spec.HostNetwork && strings.HasPrefix(dotted, "net."):
		return field.ErrorList{field.Invalid(path, name, "may not be specified when 'hostNetwork' is true")}
	case spec.HostIPC && (ofProcesses[dotted] || strings.HasPrefix(dotted, "fs.mqueue.")):
		return field.ErrorList{field.Invalid(path, name, "may not be specified when 'hostIPC' is true")}
	}
	return nil
}

// dots is the name of a sysctl with dots as separators. If the first separator is a slash, dots are not separators.
func dots(name string) string {
	i := strings.IndexAny(name, "./")
	if i < 0 || name[i] == '.' {
		return name
	}
	return strings.NewReplacer("/", ".", ".", "/").Replace(name)
}
