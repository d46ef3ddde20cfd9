package strategy

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"
	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"
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

func ingressParts(o *networkingv1.Ingress) field.ErrorList {
	errs := optional(spec.Child("ingressClassName"), o.Spec.IngressClassName, dnsName)
	if b := o.Spec.DefaultBackend; b != nil {
		errs = append(errs, backendParts(b, spec.Child("defaultBackend"))...)
	}
	for i, r := range o.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for j := range r.HTTP.Paths {
			errs = append(errs, backendParts(&r.HTTP.Paths[j].Backend, spec.Child("rules").Index(i).Child("http", "paths").Index(j).Child("backend"))...)
		}
	}
	for i, t := range o.Spec.TLS {
		if t.SecretName != "" {
			errs = append(errs, dnsName(spec.Child("tls").Index(i).Child("secretName"), t.SecretName)...)
		}
	}
	return errs
}

func backendParts(b *networkingv1.IngressBackend, path *field.Path) (errs field.ErrorList) {
	switch {
	case b.Service != nil && b.Resource == nil:
		at := path.Child("service")
		if b.Service.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		} else {
			errs = append(errs, dnsLabel(at.Child("name"), b.Service.Name)...)
		}
		port := at.Child("port")
		if b.Service.Port.Name != "" {
			errs = append(errs, faults(port.Child("name"), b.Service.Port.Name, utilvalidation.IsValidPortName(b.Service.Port.Name))...)
		}
		if b.Service.Port.Number != 0 {
			errs = append(errs, portNumber(port.Child("number"), b.Service.Port.Number)...)
		}
	case b.Resource != nil && b.Service == nil:
		at := path.Child("resource")
		errs = append(errs, optional(at.Child("apiGroup"), b.Resource.APIGroup, dnsName)...)
		errs = append(errs, needed(at.Child("kind"), b.Resource.Kind, segment)...)
		errs = append(errs, needed(at.Child("name"), b.Resource.Name, segment)...)
	}
	return errs
}

const maxController = 250

func ingressClassParts(o *networkingv1.IngressClass) (errs field.ErrorList) {
	at := spec.Child("controller")
	if len(o.Spec.Controller) > maxController {
		errs = append(errs, field.TooLong(at, "", maxController))
	}
	if o.Spec.Controller == "" {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = append(errs, utilvalidation.IsDomainPrefixedPath(at, o.Spec.Controller)...)
	}
	p := o.Spec.Parameters
	if p == nil {
		return errs
	}
	at = spec.Child("parameters")
	errs = append(errs, optional(at.Child("apiGroup"), p.APIGroup, dnsName)...)
	errs = append(errs, needed(at.Child("kind"), p.Kind, segment)...)
	errs = append(errs, needed(at.Child("name"), p.Name, segment)...)
	switch scope := p.Scope; {
	case scope == nil:
		errs = append(errs, field.Required(at.Child("scope"), ""))
	case *scope == "Namespace" && p.Namespace == nil:
		errs = append(errs, field.Required(at.Child("namespace"), "`parameters.scope` is set to 'Namespace'"))
	case *scope == "Namespace":
		errs = append(errs, dnsLabel(at.Child("namespace"), *p.Namespace)...)
	case *scope == "Cluster" && p.Namespace != nil:
		errs = append(errs, field.Forbidden(at.Child("namespace"), "`parameters.scope` is set to 'Cluster'"))
	case *scope != "Cluster":
		errs = append(errs, field.NotSupported(at.Child("scope"), *scope, []string{"Cluster", "Namespace"}))
	}
	return errs
}

func policyParts(o *networkingv1.NetworkPolicy) (errs field.ErrorList) {
	ports := func(list []networkingv1.NetworkPolicyPort, path *field.Path) {
		for i, p := range list {
			at := path.Index(i)
			switch {
			case p.Port == nil:
			case p.Port.Type == intstr.Int:
				errs = append(errs, faults(at.Child("port"), p.Port.IntVal, utilvalidation.IsValidPortNum(int(p.Port.IntVal)))...)
			default:
				errs = append(errs, faults(at.Child("port"), p.Port.StrVal, utilvalidation.IsValidPortName(p.Port.StrVal))...)
			}
		}
	}
	peers := func(list []networkingv1.NetworkPolicyPeer, path *field.Path) {
		for i, p := range list {
			if p.IPBlock == nil {
				continue
			}
			at := path.Index(i).Child("ipBlock")
			if p.IPBlock.CIDR == "" {
				errs = append(errs, field.Required(at.Child("cidr"), ""))
				continue
			}
			errs = append(errs, cidr(at.Child("cidr"), p.IPBlock.CIDR)...)
			for j, e := range p.IPBlock.Except {
				errs = append(errs, cidr(at.Child("except").Index(j), e)...)
			}
		}
	}
	for i, r := range o.Spec.Ingress {
		at := spec.Child("ingress").Index(i)
		ports(r.Ports, at.Child("ports"))
		peers(r.From, at.Child("from"))
	}
	for i, r := range o.Spec.Egress {
		at := spec.Child("egress").Index(i)
		ports(r.Ports, at.Child("ports"))
		peers(r.To, at.Child("to"))
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

func sliceParts(o *discoveryv1.EndpointSlice) (errs field.ErrorList) {
	for i, e := range o.Endpoints {
		at := field.NewPath("endpoints").Index(i)
		if len(e.Addresses) == 0 {
			errs = append(errs, field.Required(at.Child("addresses"), "must contain at least 1 address"))
		}
		for j, a := range e.Addresses {
			ip := at.Child("addresses").Index(j)
			switch o.AddressType {
			case ipv4, ipv6:
				found := keptIP(ip, a, nil)
				if len(found) == 0 {
					found = endpointIP(a, ip)
				}
				errs = append(errs, found...)
				if f := familyOf(a); f != "unknown" && f != o.AddressType {
					errs = append(errs, field.Invalid(ip, a, "must be an "+o.AddressType+" address"))
				}
			case "FQDN":
				errs = append(errs, utilvalidation.IsFullyQualifiedDomainName(ip, a)...)
			}
		}
		errs = append(errs, optional(at.Child("nodeName"), e.NodeName, dnsName)...)
		errs = append(errs, optional(at.Child("hostname"), e.Hostname, dnsLabel)...)
		if e.Hints != nil {
			errs = append(errs, zones(e.Hints.ForZones, at.Child("hints", "forZones"))...)
		}
	}
	names := map[string]bool{}
	for i, p := range o.Ports {
		at := field.NewPath("ports").Index(i)
		if p.Name != nil {
			if *p.Name != "" {
				errs = append(errs, dnsLabel(at.Child("name"), *p.Name)...)
			}
			if names[*p.Name] {
				errs = append(errs, field.Duplicate(at.Child("name"), *p.Name))
			}
			names[*p.Name] = true
		}
		errs = append(errs, optional(at.Child("appProtocol"), p.AppProtocol, qualified)...)
	}
	return errs
}

func zones(list []discoveryv1.ForZone, path *field.Path) (errs field.ErrorList) {
	seen := make(map[discoveryv1.ForZone]bool, len(list))
	for i, z := range list {
		at := path.Index(i).Child("name")
		if seen[z] {
			errs = append(errs, field.Duplicate(at, z.Name))
		}
		seen[z] = true
		errs = append(errs, faults(at, z.Name, utilvalidation.IsValidLabelValue(z.Name))...)
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
