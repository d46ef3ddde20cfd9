package core

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const notNegative = "must be a non-negative integer"

// systemConditions are the types of Kubernetes; others must be qualified names.
var systemConditions = []string{podScheduled, "Ready", "Initialized"}

func podConditions(list []corev1.PodCondition, path *field.Path) (errs field.ErrorList) {
	for i, c := range list {
		if c.ObservedGeneration < 0 {
			errs = append(errs, field.Invalid(path.Index(i).Child("observedGeneration"), c.ObservedGeneration, notNegative))
		}
		if slices.Contains(systemConditions, c.Type) {
			continue
		}
		for _, msg := range utilvalidation.IsQualifiedName(c.Type) {
			errs = append(errs, field.Invalid(path.Index(i).Child("Type"), c.Type, msg))
		}
	}
	return errs
}

// podAddresses requires at most one address of each family; shown is the list in error texts.
func podAddresses(now, old []string, shown any, path *field.Path) (errs field.ErrorList) {
	families := map[string]int{}
	for i, ip := range now {
		errs = append(errs, kind.KeptIP(path.Index(i), ip, old)...)
		families[kind.FamilyOf(ip)]++
	}
	if i := slices.IndexFunc(now, func(ip string) bool { return kind.FamilyOf(ip) == "unknown" }); len(now) > 1 && i >= 0 {
		errs = append(errs, field.InternalError(path, fmt.Errorf("failed to check for dual stack with error:invalid IP[%d]: %s", i, now[i])))
	}
	if len(now) > 1 && (len(now) > 2 || families[kind.IPv4] != 1 || families[kind.IPv6] != 1) {
		errs = append(errs, field.Invalid(path, shown, "may specify no more than one IP for each IP family"))
	}
	return errs
}

func podIPs(now, old *corev1.PodStatus, path *field.Path) field.ErrorList {
	pods := func(s *corev1.PodStatus) (out []string) {
		for _, ip := range s.PodIPs {
			out = append(out, ip.IP)
		}
		return out
	}
	hosts := func(s *corev1.PodStatus) (out []string) {
		for _, ip := range s.HostIPs {
			out = append(out, ip.IP)
		}
		return out
	}
	errs := podAddresses(pods(now), pods(old), display.Value(now.PodIPs), path.Child("podIPs"))
	if list := now.HostIPs; len(list) > 0 && now.HostIP != list[0].IP {
		errs = append(errs, field.Invalid(path.Child("hostIPs").Index(0).Child("ip"), list[0].IP, "must be equal to `hostIP`"))
	}
	return append(errs, podAddresses(hosts(now), hosts(old), display.Value(now.HostIPs), path.Child("hostIPs"))...)
}

// claimStatuses must be of the pod's claims, without duplicates.
func claimStatuses(list []corev1.PodResourceClaimStatus, claims []corev1.PodResourceClaim, path *field.Path) (errs field.ErrorList) {
	seen, known := map[string]bool{}, map[string]bool{}
	for _, c := range claims {
		known[c.Name] = true
	}
	for i, s := range list {
		at := path.Index(i)
		if !known[s.Name] {
			errs = append(errs, field.Invalid(at.Child("name"), s.Name, "must match the name of an entry in `spec.resourceClaims`"))
		}
		if seen[s.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), s.Name))
		}
		seen[s.Name] = true
		if s.ResourceClaimName != nil {
			for _, msg := range validation.NameIsDNSSubdomain(*s.ResourceClaimName, false) {
				errs = append(errs, field.Invalid(at.Child("resourceClaimName"), s.ResourceClaimName, msg))
			}
		}
	}
	return errs
}

// initRestarts and debugRestarts are restarts for init and ephemeral containers: sidecars always restart, ephemeral containers
// never.
func initRestarts(now, old []corev1.ContainerStatus, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if spec.RestartPolicy == "Always" {
		return nil
	}
	mayRestart := map[string]bool{}
	for _, c := range spec.InitContainers {
		mayRestart[c.Name] = mayRestart[c.Name] || len(c.RestartPolicyRules) > 0 || c.RestartPolicy != nil && *c.RestartPolicy != "Never"
	}
	return lives(now, old, path, func(s *corev1.ContainerStatus) bool {
		return mayRestart[s.Name] || s.State.Terminated.ExitCode != 0 && spec.RestartPolicy == "OnFailure"
	})
}

func debugRestarts(now, old []corev1.ContainerStatus, path *field.Path) field.ErrorList {
	return lives(now, old, path, func(*corev1.ContainerStatus) bool { return false })
}

func lives(now, old []corev1.ContainerStatus, path *field.Path, may func(*corev1.ContainerStatus) bool) (errs field.ErrorList) {
	alive := map[string]bool{}
	for i := range now {
		alive[now[i].Name] = alive[now[i].Name] || now[i].State.Terminated == nil
	}
	for i := range old {
		if old[i].State.Terminated == nil || may(&old[i]) {
			continue
		}
		if alive[old[i].Name] {
			errs = append(errs, field.Forbidden(path.Index(i).Child("state"), "may not be transitioned to non-terminated state"))
		}
	}
	return errs
}
