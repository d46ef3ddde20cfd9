package networking

import (
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var networkPolicies = kind.Kind{
	Group: group, Resource: "networkpolicies", Strategy: networkPolicy,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultNetworkPolicy)},
}

// defaultNetworkPolicy sets the policy types: Ingress, and Egress if there are egress rules.
func defaultNetworkPolicy(p *networkingv1.NetworkPolicy) {
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []string{"Ingress"}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, "Egress")
		}
	}
	p.SetDefaults()
}

func networkPolicy(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(func(o *networkingv1.NetworkPolicy) field.ErrorList {
		errs := kind.LabelSelector(&o.Spec.PodSelector, spec.Child("podSelector"))
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
	s.Warnings = kind.Warn(func(o, _ *networkingv1.NetworkPolicy) (out []string) {
		for i, r := range o.Spec.Ingress {
			out = append(out, peerWarnings(r.From, spec.Child("ingress").Index(i).Child("from"))...)
		}
		for i, r := range o.Spec.Egress {
			out = append(out, peerWarnings(r.To, spec.Child("egress").Index(i).Child("to"))...)
		}
		return out
	})
}

func policyPorts(ports []networkingv1.NetworkPolicyPort, path *field.Path) (errs field.ErrorList) {
	for i, p := range ports {
		port, end := path.Index(i).Child("port"), path.Index(i).Child("endPort")
		switch {
		case p.Port == nil && p.EndPort != nil:
			errs = append(errs, field.Invalid(end, *p.EndPort, "may not be specified when `port` is not specified"))
		case p.Port == nil:
		case p.Port.Type == intstr.Int:
			errs = append(errs, kind.PortNumber(port, p.Port.IntVal)...)
			if p.EndPort == nil {
				continue
			}
			if *p.EndPort < p.Port.IntVal {
				errs = append(errs, field.Invalid(end, p.Port.IntVal, "must be greater than or equal to `port`"))
			}
			errs = append(errs, kind.PortNumber(end, *p.EndPort)...)
		default:
			if p.EndPort != nil {
				errs = append(errs, field.Invalid(end, *p.EndPort, "may not be specified when `port` is non-numeric"))
			}
			errs = append(errs, kind.Faults(port, p.Port.StrVal, validation.IsValidPortName(p.Port.StrVal))...)
		}
	}
	return errs
}

func policyPeers(peers []networkingv1.NetworkPolicyPeer, path *field.Path) (errs field.ErrorList) {
	for i, p := range peers {
		at := path.Index(i)
		errs = append(errs, kind.LabelSelector(p.PodSelector, at.Child("podSelector"))...)
		errs = append(errs, kind.LabelSelector(p.NamespaceSelector, at.Child("namespaceSelector"))...)
		if p.IPBlock != nil {
			errs = append(errs, ipBlock(p.IPBlock, at.Child("ipBlock"))...)
		}
		switch selects := p.PodSelector != nil || p.NamespaceSelector != nil; {
		case !selects && p.IPBlock == nil:
			errs = append(errs, field.Required(at, "must specify a peer"))
		case selects && p.IPBlock != nil:
			errs = append(errs, field.Forbidden(at, "may not specify both ipBlock and another peer"))
		}
	}
	return errs
}

func ipBlock(b *networkingv1.IPBlock, path *field.Path) (errs field.ErrorList) {
	if b.CIDR == "" {
		return field.ErrorList{field.Required(path.Child("cidr"), "")}
	}
	errs = append(errs, kind.CIDR(path.Child("cidr"), b.CIDR)...)
	_, whole, err := netutils.ParseCIDRSloppy(b.CIDR)
	if err != nil {
		return errs
	}
	size, _ := whole.Mask.Size()
	for j, e := range b.Except {
		at := path.Child("except").Index(j)
		errs = append(errs, kind.CIDR(at, e)...)
		_, part, err := netutils.ParseCIDRSloppy(e)
		if err != nil {
			continue
		}
		if own, _ := part.Mask.Size(); !whole.Contains(part.IP) || own <= size {
			errs = append(errs, field.Invalid(at, e, "must be a strict subset of `cidr`"))
		}
	}
	return errs
}

func peerWarnings(peers []networkingv1.NetworkPolicyPeer, path *field.Path) (out []string) {
	for i, p := range peers {
		if p.IPBlock == nil {
			continue
		}
		at := path.Index(i).Child("ipBlock")
		out = append(out, validation.GetWarningsForCIDR(at.Child("cidr"), p.IPBlock.CIDR)...)
		for j, e := range p.IPBlock.Except {
			out = append(out, validation.GetWarningsForCIDR(at.Child("except").Index(j), e)...)
		}
	}
	return out
}
