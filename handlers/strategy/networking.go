package strategy

import (
	"fmt"
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"

	"context"
)

const ingressClass = "kubernetes.io/ingress.class"

func ingresses(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *networkingv1.Ingress) (errs field.ErrorList) {
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
			for j, h := range t.Hosts {
				errs = append(errs, hostName(h, spec.Child("tls").Index(i).Child("hosts").Index(j))...)
			}
		}
		return errs
	})
	s.ValidateCreate = check(func(o *networkingv1.Ingress) field.ErrorList {
		class, ok := o.Annotations[ingressClass]
		if ok && o.Spec.IngressClassName != nil && class != *o.Spec.IngressClassName {
			return field.ErrorList{field.Invalid(field.NewPath("annotations").Child(ingressClass), class, "must match `ingressClassName` when both are specified")}
		}
		return nil
	})
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

func hostName(host string, path *field.Path) (errs field.ErrorList) {
	rule := validation.IsDNS1123Subdomain
	if strings.Contains(host, "*") {
		rule = validation.IsWildcardDNS1123Subdomain
	}
	for _, msg := range rule(host) {
		errs = append(errs, field.Invalid(path, host, msg))
	}
	return errs
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

func ingressBackend(b *networkingv1.IngressBackend, path *field.Path) field.ErrorList {
	switch {
	case b.Resource != nil && b.Service != nil:
		return field.ErrorList{field.Invalid(path, "", "cannot set both resource and service backends")}
	case b.Resource != nil:
		return nil
	case b.Service == nil:
		return field.ErrorList{field.Invalid(path, "", "resource or service backend is required")}
	}
	switch port := b.Service.Port; {
	case port.Name != "" && port.Number != 0:
		return field.ErrorList{field.Invalid(path, "", "cannot set both port name & port number")}
	case port.Name == "" && port.Number == 0:
		return field.ErrorList{field.Required(path, "port name or number is required")}
	}
	return nil
}

func networkPolicies(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *networkingv1.NetworkPolicy) field.ErrorList {
		errs := labelSelector(&o.Spec.PodSelector, spec.Child("podSelector"))
		for i, r := range o.Spec.Ingress {
			at := spec.Child("ingress").Index(i)
			errs = append(errs, policyPorts(r.Ports, at.Child("ports"))...)
			errs = append(errs, policyPeers(r.From, at.Child("from"))...)
		}
		for i, r := range o.Spec.Egress {
			at := spec.Child("egress").Index(i)
			errs = append(errs, policyPorts(r.Ports, at.Child("ports"))...)
			errs = append(errs, policyPeers(r.To, at.Child("to"))...)
		}
		if len(o.Spec.PolicyTypes) > 2 {
			errs = append(errs, field.Invalid(spec.Child("policyTypes"), &o.Spec.PolicyTypes, "may not specify more than two policyTypes"))
		}
		return errs
	})
}

func policyPorts(ports []networkingv1.NetworkPolicyPort, path *field.Path) (errs field.ErrorList) {
	for i, p := range ports {
		at := path.Index(i).Child("endPort")
		switch {
		case p.EndPort == nil:
		case p.Port == nil:
			errs = append(errs, field.Invalid(at, *p.EndPort, "may not be specified when `port` is not specified"))
		case p.Port.Type != 0:
			errs = append(errs, field.Invalid(at, *p.EndPort, "may not be specified when `port` is non-numeric"))
		default:
			if *p.EndPort < p.Port.IntVal {
				errs = append(errs, field.Invalid(at, p.Port.IntVal, "must be greater than or equal to `port`"))
			}
			errs = append(errs, portNumber(at, *p.EndPort)...)
		}
	}
	return errs
}

func policyPeers(peers []networkingv1.NetworkPolicyPeer, path *field.Path) (errs field.ErrorList) {
	for i, p := range peers {
		at := path.Index(i)
		switch selects := p.PodSelector != nil || p.NamespaceSelector != nil; {
		case !selects && p.IPBlock == nil:
			errs = append(errs, field.Required(at, "must specify a peer"))
		case selects && p.IPBlock != nil:
			errs = append(errs, field.Forbidden(at, "may not specify both ipBlock and another peer"))
		}
		errs = append(errs, labelSelector(p.PodSelector, at.Child("podSelector"))...)
		errs = append(errs, labelSelector(p.NamespaceSelector, at.Child("namespaceSelector"))...)
	}
	return errs
}

// serviceRanges may only grow by a range of the other family.
func serviceRanges(_ *Deps, row resources.Row, s *resource.Strategy) {
	p := compile(row, "spec.cidrs")
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		now, ok := p.Get(o).Interface().([]string)
		was, ok2 := p.Get(old).Interface().([]string)
		path := spec.Child("cidrs")
		switch {
		case !ok || !ok2:
			return field.ErrorList{field.InternalError(path, wrongType(o))}
		case len(now) != len(was) && !(len(was) == 1 && len(now) == 2):
			return field.ErrorList{field.Invalid(path, now, immutable)}
		}
		for i := range was {
			if now[i] != was[i] {
				errs = append(errs, field.Invalid(path.Index(i), now[i], immutable))
			}
		}
		return errs
	}
}
