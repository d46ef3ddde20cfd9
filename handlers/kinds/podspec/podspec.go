// Package podspec has the rules, defaults and warnings of pod specs: those of pods, and those in pod templates of other kinds.
package podspec

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Validate has the rules between the fields of a pod spec. old is the spec that it replaces, nil for a create.
func Validate(d *kind.Deps, spec, old *corev1.PodSpec, path *field.Path) field.ErrorList {
	return validate(d, spec, old, true, path)
}

// validate is Validate for pods and for pod templates.
func validate(d *kind.Deps, spec, old *corev1.PodSpec, ofPod bool, path *field.Path) field.ErrorList {
	may := allowedBy(d, old)
	volumes, errs := validateVolumes(spec.Volumes, ofPod, path.Child("volumes"))
	errs = append(errs, podClaims(spec.ResourceClaims, path.Child("resourceClaims"))...)
	errs = append(errs, validateContainers(d, spec, volumes, path)...)
	if spec.HostNetwork {
		for i, c := range spec.Containers {
			for j, p := range c.Ports {
				if p.HostPort != 0 && p.HostPort != p.ContainerPort {
					errs = append(errs, field.Invalid(path.Child("containers").Index(i).Child("ports").Index(j).Child("hostPort"), p.HostPort, "must match `containerPort` when `hostNetwork` is true"))
				}
			}
		}
	}
	errs = append(errs, dnsConfig(spec, path.Child("dnsConfig"))...)
	errs = append(errs, affinityKeys(spec.Affinity, path.Child("affinity"))...)
	errs = append(errs, spreadConstraints(spec.TopologySpreadConstraints, path.Child("topologySpreadConstraints"))...)
	if sc := spec.SecurityContext; sc != nil && spec.HostPID && spec.ShareProcessNamespace != nil && *spec.ShareProcessNamespace {
		errs = append(errs, field.Invalid(path.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled"))
	}
	errs = append(errs, podResources(spec, path.Child("resources"))...)
	errs = append(errs, comparisons(spec.Tolerations, may, path.Child("tolerations"))...)
	errs = append(errs, changePolicy(spec.SecurityContext, may, path.Child("securityContext", "seLinuxChangePolicy"))...)
	errs = append(errs, sysctls(spec, may, path.Child("securityContext", "sysctls"))...)
	errs = append(errs, hostProcesses(spec, path)...)
	errs = append(errs, hostUsers(spec, may, path)...)
	errs = append(errs, hostName(spec, path.Child("hostnameOverride"))...)
	errs = append(errs, operatingSystem(spec, path)...)
	gates := map[string]bool{}
	for i, g := range spec.SchedulingGates {
		if gates[g.Name] {
			errs = append(errs, field.Duplicate(path.Child("schedulingGates").Index(i), g.Name))
		}
		gates[g.Name] = true
	}
	if g := spec.SchedulingGroup; g != nil {
		errs = append(errs, schedulingGroup(g, path.Child("schedulingGroup", "podGroupName"))...)
	}
	return append(errs, fileKeys(spec, path)...)
}

// hostName forbids hostnameOverride together with setHostnameAsFQDN or hostNetwork.
func hostName(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	name := spec.HostnameOverride
	if name == nil {
		return nil
	}
	if f := spec.SetHostnameAsFQDN; f != nil && *f {
		errs = append(errs, field.Forbidden(path, "may not be specified when setHostnameAsFQDN is true"))
	}
	if spec.HostNetwork {
		errs = append(errs, field.Forbidden(path, "may not be specified when hostNetwork is true"))
	}
	return errs
}

func schedulingGroup(g *corev1.PodSchedulingGroup, path *field.Path) field.ErrorList {
	if g.PodGroupName == nil {
		return field.ErrorList{field.Invalid(path, g.PodGroupName, "must specify one of: `podGroupName`")}
	}
	return kind.DNSName(path, *g.PodGroupName)
}

func dnsConfig(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	switch {
	case spec.DNSPolicy != "None":
	case spec.DNSConfig == nil:
		return field.ErrorList{field.Required(path, "must provide `dnsConfig` when `dnsPolicy` is None")}
	case len(spec.DNSConfig.Nameservers) == 0:
		return field.ErrorList{field.Required(path.Child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")}
	}
	return nil
}

func spreadConstraints(list []corev1.TopologySpreadConstraint, path *field.Path) (errs field.ErrorList) {
	type key struct{ topology, unsatisfiable string }
	last := make(map[key]int, len(list))
	for i, c := range list {
		last[key{c.TopologyKey, c.WhenUnsatisfiable}] = i
	}
	for i, c := range list {
		// Upstream reports all but the last of the constraints with one key.
		if last[key{c.TopologyKey, c.WhenUnsatisfiable}] > i {
			errs = append(errs, field.Duplicate(path.Index(i).Child("{topologyKey, whenUnsatisfiable}"), fmt.Sprintf("{%v, %v}", c.TopologyKey, c.WhenUnsatisfiable)))
		}
		errs = append(errs, selectedKeys(c.LabelSelector, c.MatchLabelKeys, path.Index(i))...)
		if c.MinDomains != nil && c.WhenUnsatisfiable != "DoNotSchedule" {
			errs = append(errs, field.Invalid(path.Index(i).Child("minDomains"), c.MinDomains, fmt.Sprintf("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s", c.WhenUnsatisfiable)))
		}
	}
	return errs
}

func sysctls(spec *corev1.PodSpec, may allowed, path *field.Path) (errs field.ErrorList) {
	sc := spec.SecurityContext
	if sc == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, c := range sc.Sysctls {
		if seen[c.Name] && c.Name != "" {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), c.Name))
		}
		seen[c.Name] = true
		if !may.hostSysctls {
			errs = append(errs, hostSysctl(c.Name, spec, path.Index(i).Child("name"))...)
		}
	}
	return errs
}
