package discovery

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// The limits of a slice.
const mostEndpoints, mostAddresses, mostPorts, mostHints = 1000, 100, 20000, 8

func endpointFaults(o *discoveryv1.EndpointSlice, path *field.Path) (errs field.ErrorList) {
	if len(o.Endpoints) > mostEndpoints {
		return field.ErrorList{field.TooMany(path, len(o.Endpoints), mostEndpoints)}
	}
	for i := range o.Endpoints {
		e, at := &o.Endpoints[i], path.Index(i)
		list := at.Child("addresses")
		switch n := len(e.Addresses); {
		case n == 0:
			errs = append(errs, field.Required(list, "must contain at least 1 address"))
		case n > mostAddresses:
			errs = append(errs, field.TooMany(list, n, mostAddresses))
		}
		for j, a := range e.Addresses {
			errs = append(errs, address(o.AddressType, a, list, j)...)
		}
		errs = append(errs, kind.Optional(at.Child("nodeName"), e.NodeName, kind.DNSName)...)
		errs = append(errs, kind.Optional(at.Child("hostname"), e.Hostname, kind.DNSLabel)...)
		if e.Hints != nil {
			errs = append(errs, hints(e.Hints, at.Child("hints"))...)
		}
	}
	return errs
}

// address validates an address of a type. IPv6 must be canonical; other forms of IPv4 addresses are for the warnings.
func address(typ, a string, list *field.Path, i int) (errs field.ErrorList) {
	at := list.Index(i)
	switch typ {
	case kind.IPv4:
		errs = kind.KeptIP(at, a, nil)
	case kind.IPv6:
		errs = validation.IsValidIP(at, a)
	case "FQDN":
		return validation.IsFullyQualifiedDomainName(at, a)
	default:
		return nil
	}
	if len(errs) > 0 {
		return errs
	}
	if kind.FamilyOf(a) != typ {
		errs = append(errs, field.Invalid(list, a, "must be an "+typ+" address"))
	}
	return append(errs, kind.EndpointIP(a, at)...)
}

func hints(h *discoveryv1.EndpointHints, path *field.Path) (errs field.ErrorList) {
	at := path.Child("forZones")
	if n := len(h.ForZones); n > mostHints {
		return field.ErrorList{field.TooMany(at, n, mostHints)}
	}
	seen := map[string]bool{}
	for i, z := range h.ForZones {
		name := at.Index(i).Child("name")
		if seen[z.Name] {
			errs = append(errs, field.Duplicate(name, z.Name))
		}
		seen[z.Name] = true
		errs = append(errs, kind.Faults(name, z.Name, validation.IsValidLabelValue(z.Name))...)
	}
	at = path.Child("forNodes")
	if n := len(h.ForNodes); n > mostHints {
		return append(errs, field.TooMany(at, n, mostHints))
	}
	nodes := map[string]bool{}
	for i, n := range h.ForNodes {
		name := at.Index(i).Child("name")
		if nodes[n.Name] {
			errs = append(errs, field.Duplicate(name, n.Name))
		}
		nodes[n.Name] = true
		errs = append(errs, kind.DNSName(name, n.Name)...)
	}
	return errs
}

// slicePortFaults requires unique names, among which the empty one counts. Protocols are in the model.
func slicePortFaults(list []discoveryv1.EndpointPort, path *field.Path) (errs field.ErrorList) {
	if len(list) > mostPorts {
		return field.ErrorList{field.TooMany(path, len(list), mostPorts)}
	}
	names := make(map[string]bool, len(list))
	for i, p := range list {
		at := path.Index(i)
		if p.Name != nil {
			if *p.Name != "" {
				errs = append(errs, kind.DNSLabel(at.Child("name"), *p.Name)...)
			}
			if names[*p.Name] {
				errs = append(errs, field.Duplicate(at.Child("name"), *p.Name))
			}
			names[*p.Name] = true
		}
		errs = append(errs, kind.Optional(at.Child("appProtocol"), p.AppProtocol, kind.Qualified)...)
	}
	return errs
}
