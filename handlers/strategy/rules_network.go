package strategy

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func serviceParts(o *corev1.Service) (errs field.ErrorList) {
	s := &o.Spec
	if s.Type == externalName && s.ExternalName != "" && s.ExternalName != "." {
		// The dot at the end says that the name is complete.
		name := s.ExternalName
		if name[len(name)-1] == '.' {
			name = name[:len(name)-1]
		}
		errs = append(errs, dnsName(spec.Child("externalName"), name)...)
	}
	if s.ExternalTrafficPolicy != "" && external(o) {
		errs = append(errs, among(spec.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy, "Cluster", "Local")...)
	}
	if s.IPFamilyPolicy != nil && s.Type != externalName {
		errs = append(errs, among(spec.Child("ipFamilyPolicy"), *s.IPFamilyPolicy, preferDual, requireDual, singleStack)...)
	}
	return errs
}

func endpointParts(o *corev1.Endpoints) (errs field.ErrorList) {
	for i, s := range o.Subsets {
		at := field.NewPath("subsets").Index(i)
		if len(s.Addresses)+len(s.NotReadyAddresses) == 0 {
			errs = append(errs, field.Required(at, "must specify `addresses` or `notReadyAddresses`"))
		}
		addresses := func(list []corev1.EndpointAddress, path *field.Path) {
			for j, a := range list {
				ip := path.Index(j).Child("ip")
				errs = append(errs, keptIP(ip, a.IP, nil)...)
				if familyOf(a.IP) == "unknown" {
					errs = append(errs, field.Invalid(ip, a.IP, "must be a valid IP address"))
				} else {
					errs = append(errs, endpointIP(a.IP, ip)...)
				}
			}
		}
		addresses(s.Addresses, at.Child("addresses"))
		addresses(s.NotReadyAddresses, at.Child("notReadyAddresses"))
		for j, p := range s.Ports {
			port := at.Child("ports").Index(j)
			if p.Name == "" && len(s.Ports) > 1 {
				errs = append(errs, field.Required(port.Child("name"), ""))
			} else if p.Name != "" {
				errs = append(errs, dnsLabel(port.Child("name"), p.Name)...)
			}
			errs = append(errs, optional(port.Child("appProtocol"), p.AppProtocol, qualified)...)
		}
	}
	return errs
}

// nodeRanges: a node has at most one range of each family for its pods.
func nodeRanges(o *corev1.Node) field.ErrorList {
	list, families := o.Spec.PodCIDRs, map[string]int{}
	for _, r := range list {
		address, _, _ := strings.Cut(r, "/")
		families[familyOf(address)]++
	}
	if len(list) > 1 && (len(list) > 2 || families[ipv4] != 1 || families[ipv6] != 1) {
		return field.ErrorList{field.Invalid(spec.Child("podCIDRs"), list, "may specify no more than one CIDR for each IP family")}
	}
	return nil
}
