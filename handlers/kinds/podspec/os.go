package podspec

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// The Go names of the Linux fields of security contexts, of pods and of containers.
var (
	linuxPodFields = []string{"AppArmorProfile", "SELinuxOptions", "SeccompProfile", "FSGroup", "FSGroupChangePolicy", "Sysctls",
		"RunAsUser", "RunAsGroup", "SupplementalGroups", "SupplementalGroupsPolicy", "SELinuxChangePolicy"}
	linuxContainerFields = []string{"AppArmorProfile", "SELinuxOptions", "SeccompProfile", "Capabilities", "ReadOnlyRootFilesystem",
		"Privileged", "AllowPrivilegeEscalation", "ProcMount", "RunAsUser", "RunAsGroup"}
)

const notWindows, notLinux = "cannot be set for a windows pod", "windows options cannot be set for a linux pod"

// contexts calls f with the security context of each container, nil where it has none.
func contexts(spec *corev1.PodSpec, path *field.Path, f func(*corev1.SecurityContext, *field.Path)) {
	for i := range spec.InitContainers {
		f(spec.InitContainers[i].SecurityContext, path.Child("initContainers").Index(i))
	}
	for i := range spec.Containers {
		f(spec.Containers[i].SecurityContext, path.Child("containers").Index(i))
	}
	for i := range spec.EphemeralContainers {
		f(spec.EphemeralContainers[i].SecurityContext, path.Child("ephemeralContainers").Index(i))
	}
}

// operatingSystem forbids the fields of the other operating system in a pod that names its own.
func operatingSystem(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	at := path.Child("os")
	switch {
	case spec.OS == nil:
		return nil
	case spec.OS.Name == "":
		return field.ErrorList{field.Required(at.Child("name"), "")}
	case spec.OS.Name == "windows":
		return withoutLinux(spec, path)
	case spec.OS.Name != "linux":
		return field.ErrorList{field.NotSupported(at, spec.OS.Name, []string{"linux", "windows"})}
	}
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		errs = append(errs, field.Forbidden(path.Child("securityContext", "windowsOptions"), notLinux))
	}
	contexts(spec, path, func(sc *corev1.SecurityContext, path *field.Path) {
		if sc != nil && sc.WindowsOptions != nil {
			errs = append(errs, field.Forbidden(path.Child("securityContext", "windowsOptions"), notLinux))
		}
	})
	return errs
}

func withoutLinux(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if spec.Resources != nil {
		errs = append(errs, field.Forbidden(path.Child("resources"), "may not be set for a windows pod"))
	}
	if spec.SecurityContext != nil {
		errs = append(errs, set(spec.SecurityContext, linuxPodFields[:2], path.Child("securityContext"))...)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"hostUsers", spec.HostUsers != nil}, {"hostPID", spec.HostPID}, {"hostIPC", spec.HostIPC}} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), notWindows))
		}
	}
	if spec.SecurityContext != nil {
		errs = append(errs, set(spec.SecurityContext, linuxPodFields[2:6], path.Child("securityContext"))...)
	}
	if spec.ShareProcessNamespace != nil {
		errs = append(errs, field.Forbidden(path.Child("shareProcessNamespace"), notWindows))
	}
	if spec.SecurityContext != nil {
		errs = append(errs, set(spec.SecurityContext, linuxPodFields[6:], path.Child("securityContext"))...)
	}
	contexts(spec, path, func(sc *corev1.SecurityContext, path *field.Path) {
		if sc != nil {
			errs = append(errs, set(sc, linuxContainerFields, path.Child("securityContext"))...)
		}
	})
	return errs
}

// set forbids those of the fields that are set.
func set(value any, names []string, path *field.Path) (errs field.ErrorList) {
	v := reflect.Indirect(reflect.ValueOf(value))
	for _, n := range names {
		f, ok := v.Type().FieldByName(n)
		if !ok || v.FieldByIndex(f.Index).IsZero() || n == "Sysctls" && v.FieldByIndex(f.Index).Len() == 0 {
			continue
		}
		errs = append(errs, field.Forbidden(path.Child(object.JSONName(f)), notWindows))
	}
	return errs
}

// hostProcesses requires all containers of a pod to be HostProcess containers or none, and hostNetwork for them.
func hostProcesses(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	var ofPod *bool
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		ofPod = sc.WindowsOptions.HostProcess
	}
	all, hosts := 0, 0
	contexts(spec, path, func(sc *corev1.SecurityContext, path *field.Path) {
		all++
		host := ofPod
		if sc != nil && sc.WindowsOptions != nil && sc.WindowsOptions.HostProcess != nil {
			host = sc.WindowsOptions.HostProcess
			if ofPod != nil && *ofPod != *host {
				errs = append(errs, field.Invalid(path.Child("securityContext", "windowsOptions", "hostProcess"), *host, fmt.Sprintf("pod hostProcess value must be identical if both are specified, was %v", *ofPod)))
			}
		}
		if host != nil && *host {
			hosts++
		}
	})
	if hosts > 0 && hosts != all {
		errs = append(errs, field.Invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
	}
	if hosts > 0 && !spec.HostNetwork {
		errs = append(errs, field.Invalid(path.Child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers"))
	}
	return errs
}
