package podspec

import (
	"strconv"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// allowed are values that are good only while a feature gate is on, or because the old spec has such a value already: an object
// that was written under another configuration can still be changed.
type allowed struct {
	// comparisons are tolerations by the number that a taint has.
	comparisons bool
	// anyChangePolicy is for volumes of which not every file is relabelled.
	anyChangePolicy bool
	// hostNetworkUsers is the network of the host for a pod with users of its own, userDevices are its block devices.
	hostNetworkUsers, userDevices bool
	// hostSysctls are kernel parameters of namespaces that the pod shares with the host.
	hostSysctls bool
}

func allowedBy(d *kind.Deps, old *corev1.PodSpec) allowed {
	a := allowed{
		comparisons:      d.Features.Enabled("TaintTolerationComparisonOperators"),
		anyChangePolicy:  d.Features.Enabled("SELinuxMount"),
		hostNetworkUsers: d.Features.Enabled("UserNamespacesHostNetworkSupport"),
	}
	if old == nil {
		return a
	}
	for i := range old.Tolerations {
		a.comparisons = a.comparisons || compares(&old.Tolerations[i])
	}
	if own := ownUsers(old); own {
		a.hostNetworkUsers = a.hostNetworkUsers || old.HostNetwork
		eachContainer(old, nil, func(c *corev1.Container, _ *field.Path) { a.userDevices = a.userDevices || len(c.VolumeDevices) > 0 })
	}
	if sc := old.SecurityContext; sc != nil {
		a.anyChangePolicy = a.anyChangePolicy || sc.SELinuxChangePolicy != nil
		for _, c := range sc.Sysctls {
			a.hostSysctls = a.hostSysctls || len(hostSysctl(c.Name, old, nil)) > 0
		}
	}
	return a
}

// compares says whether a toleration is for taints whose value is below or above its own.
func compares(t *corev1.Toleration) bool { return t.Operator == "Lt" || t.Operator == "Gt" }

// comparisons judges tolerations that compare; the others are the field rule's.
func comparisons(list []corev1.Toleration, may allowed, path *field.Path) (errs field.ErrorList) {
	for i := range list {
		t, at := &list[i], path.Index(i)
		switch {
		case !compares(t):
			continue
		case !may.comparisons:
			errs = append(errs, NoComparison(t, at)...)
			continue
		}
		for _, message := range content.IsDecimalInteger(t.Value) {
			errs = append(errs, field.Invalid(at.Child("value"), t.Value, message))
		}
		if _, err := strconv.ParseInt(t.Value, 10, 64); err != nil {
			errs = append(errs, field.Invalid(at.Child("value"), t.Value, err.Error()))
		}
	}
	return errs
}

// NoComparison refuses a toleration that compares. The values that it names are upstream's.
func NoComparison(t *corev1.Toleration, path *field.Path) field.ErrorList {
	if !compares(t) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("operator"), t.Operator, []string{"Equal", "Exists", "Lt", "Gt"})}
}

// changePolicy is how the files of volumes get the pod's label.
func changePolicy(sc *corev1.PodSecurityContext, may allowed, path *field.Path) field.ErrorList {
	if sc == nil || sc.SELinuxChangePolicy == nil {
		return nil
	}
	policies := []string{"MountOption", "Recursive"}
	if !may.anyChangePolicy {
		policies = policies[1:]
	}
	for _, p := range policies {
		if *sc.SELinuxChangePolicy == p {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, *sc.SELinuxChangePolicy, policies)}
}
