package networking

import (
	"fmt"
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var ingresses = kind.Kind{
	Group: group, Resource: "ingresses", Strategy: ingress,
	Subresources: map[string]kind.Strategy{"status": ingressStatus},
	Cells: kind.Cells{
		"ingressAddress": kind.CellOf(ingressAddress),
		"ingressHosts":   kind.CellOf(ingressHosts),
		"ingressPorts":   kind.CellOf(ingressPorts),
	},
}

// classAnnotation is the annotation that spec.ingressClassName replaced.
const classAnnotation = "kubernetes.io/ingress.class"

func ingress(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(validateIngress)
	strict := !d.Features.Enabled("RelaxedServiceNameValidation")
	if strict {
		s.ValidateUpdate = kind.CheckUpdate(strictBackends)
	}
	s.ValidateCreate = kind.Check(func(o *networkingv1.Ingress) (errs field.ErrorList) {
		if strict {
			errs = strictBackends(o, nil)
		}
		class, ok := o.Annotations[classAnnotation]
		if ok && o.Spec.IngressClassName != nil && class != *o.Spec.IngressClassName {
			errs = append(errs, field.Invalid(field.NewPath("annotations").Child(classAnnotation), class, "must match `ingressClassName` when both are specified"))
		}
		return errs
	})
	s.Warnings = kind.Warn(func(o, old *networkingv1.Ingress) []string {
		if _, ok := o.Annotations[classAnnotation]; ok && old == nil && o.Spec.IngressClassName == nil {
			return []string{fmt.Sprintf("annotation %q is deprecated, please use 'spec.ingressClassName' instead", classAnnotation)}
		}
		return nil
	})
}

func validateIngress(o *networkingv1.Ingress) (errs field.ErrorList) {
	if len(o.Spec.Rules) == 0 && o.Spec.DefaultBackend == nil {
		errs = append(errs, field.Invalid(spec, o.Spec.Rules, "either `defaultBackend` or `rules` must be specified"))
	}
	if o.Spec.DefaultBackend != nil {
		errs = append(errs, ingressBackend(o.Spec.DefaultBackend, spec.Child("defaultBackend"))...)
	}
	for i, r := range o.Spec.Rules {
		at := spec.Child("rules").Index(i)
		errs = append(errs, ingressHost(r.Host, at.Child("host"))...)
		if r.HTTP == nil {
			continue
		}
		if len(r.HTTP.Paths) == 0 {
			errs = append(errs, field.Required(at.Child("http", "paths"), ""))
		}
		for j := range r.HTTP.Paths {
			errs = append(errs, ingressPath(&r.HTTP.Paths[j], at.Child("http", "paths").Index(j))...)
		}
	}
	for i, t := range o.Spec.TLS {
		at := spec.Child("tls").Index(i)
		for j, h := range t.Hosts {
			errs = append(errs, hostName(h, at.Child("hosts").Index(j))...)
		}
		if t.SecretName != "" {
			errs = append(errs, kind.DNSName(at.Child("secretName"), t.SecretName)...)
		}
	}
	return append(errs, kind.Optional(spec.Child("ingressClassName"), o.Spec.IngressClassName, kind.DNSName)...)
}

func ingressHost(host string, path *field.Path) (errs field.ErrorList) {
	if host == "" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		errs = append(errs, field.Invalid(path, host, "must be a DNS name, not an IP address"))
	}
	return append(errs, hostName(host, path)...)
}

func hostName(host string, path *field.Path) field.ErrorList {
	if strings.Contains(host, "*") {
		return kind.Faults(path, host, validation.IsWildcardDNS1123Subdomain(host))
	}
	return kind.DNSName(path, host)
}

func ingressPath(p *networkingv1.HTTPIngressPath, path *field.Path) (errs field.ErrorList) {
	if p.PathType == nil {
		return field.ErrorList{field.Required(path.Child("pathType"), "pathType must be specified")}
	}
	at := path.Child("path")
	exact := *p.PathType == "Exact" || *p.PathType == "Prefix"
	if (exact || p.Path != "") && !strings.HasPrefix(p.Path, "/") {
		errs = append(errs, field.Invalid(at, p.Path, "must be an absolute path"))
	}
	if exact {
		for _, bad := range []string{"//", "/./", "/../", "%2f", "%2F"} {
			if strings.Contains(p.Path, bad) {
				errs = append(errs, field.Invalid(at, p.Path, fmt.Sprintf("must not contain '%s'", bad)))
			}
		}
		for _, bad := range []string{"/..", "/."} {
			if strings.HasSuffix(p.Path, bad) {
				errs = append(errs, field.Invalid(at, p.Path, fmt.Sprintf("cannot end with '%s'", bad)))
			}
		}
	}
	return append(errs, ingressBackend(&p.Backend, path.Child("backend"))...)
}

func ingressBackend(b *networkingv1.IngressBackend, path *field.Path) (errs field.ErrorList) {
	switch {
	case b.Resource != nil && b.Service != nil:
		return field.ErrorList{field.Invalid(path, "", "cannot set both resource and service backends")}
	case b.Resource != nil:
		return typedReference(b.Resource.APIGroup, b.Resource.Kind, b.Resource.Name, path.Child("resource"))
	case b.Service == nil:
		return field.ErrorList{field.Invalid(path, "", "resource or service backend is required")}
	}
	at := path.Child("service")
	errs = append(errs, kind.Needed(at.Child("name"), b.Service.Name, kind.DNSLabel)...)
	switch port := b.Service.Port; {
	case port.Name != "" && port.Number != 0:
		errs = append(errs, field.Invalid(path, "", "cannot set both port name & port number"))
	case port.Name != "":
		errs = append(errs, kind.Faults(at.Child("port", "name"), port.Name, validation.IsValidPortName(port.Name))...)
	case port.Number != 0:
		errs = append(errs, kind.PortNumber(at.Child("port", "number"), port.Number)...)
	default:
		errs = append(errs, field.Required(path, "port name or number is required"))
	}
	return errs
}

// strictBackends refuses service names that begin with a digit, which older servers cannot have, unless the live object has one.
func strictBackends(o, old *networkingv1.Ingress) (errs field.ErrorList) {
	if old != nil && len(strictBackends(old, nil)) > 0 {
		return nil
	}
	check := func(b *networkingv1.IngressBackend, path *field.Path) {
		if b.Service != nil && len(validation.IsDNS1123Label(b.Service.Name)) == 0 {
			errs = append(errs, kind.Faults(path.Child("service", "name"), b.Service.Name, validation.IsDNS1035Label(b.Service.Name))...)
		}
	}
	if o.Spec.DefaultBackend != nil {
		check(o.Spec.DefaultBackend, spec.Child("defaultBackend"))
	}
	for i, r := range o.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for j := range r.HTTP.Paths {
			check(&r.HTTP.Paths[j].Backend, spec.Child("rules").Index(i).Child("http", "paths").Index(j).Child("backend"))
		}
	}
	return errs
}

// typedReference is a reference to an object of any kind in the same namespace or without one.
func typedReference(apiGroup *string, of, name string, path *field.Path) field.ErrorList {
	errs := kind.Optional(path.Child("apiGroup"), apiGroup, kind.DNSName)
	errs = append(errs, kind.Needed(path.Child("kind"), of, kind.Segment)...)
	return append(errs, kind.Needed(path.Child("name"), name, kind.Segment)...)
}

func ingressStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *networkingv1.Ingress) (errs field.ErrorList) {
		var known []string
		for _, i := range old.Status.LoadBalancer.Ingress {
			known = append(known, i.IP)
		}
		for i, x := range o.Status.LoadBalancer.Ingress {
			at := field.NewPath("status", "loadBalancer", "ingress").Index(i)
			if x.IP != "" {
				errs = append(errs, kind.KeptIP(at.Child("ip"), x.IP, known)...)
			}
			errs = append(errs, kind.BalancerHost(x.Hostname, at.Child("hostname"))...)
		}
		return errs
	})
	s.Warnings = kind.Warn(func(o, _ *networkingv1.Ingress) []string {
		list := o.Status.LoadBalancer.Ingress
		return kind.BalancerWarnings(len(list), func(i int) string { return list[i].IP })
	})
}

const shownHosts = 3

// ingressHosts is the column of hosts. The number of further ones counts rules, with or without a host.
func ingressHosts(in *networkingv1.Ingress) string {
	var hosts []string
	for _, r := range in.Spec.Rules {
		if len(hosts) == shownHosts {
			return strings.Join(hosts, ",") + fmt.Sprintf(" + %d more...", len(in.Spec.Rules)-shownHosts)
		}
		if r.Host != "" {
			hosts = append(hosts, r.Host)
		}
	}
	if len(hosts) == 0 {
		return "*"
	}
	return strings.Join(hosts, ",")
}

func ingressAddress(in *networkingv1.Ingress) string {
	var all []string
	for _, i := range in.Status.LoadBalancer.Ingress {
		all = append(all, kind.FirstText(i.IP, i.Hostname))
	}
	return strings.Join(kind.Distinct(all), ",")
}

func ingressPorts(in *networkingv1.Ingress) string {
	if len(in.Spec.TLS) != 0 {
		return "80, 443"
	}
	return "80"
}
