package core

import (
	"net"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var endpoints = kind.Kind{
	Group: group, Resource: "endpoints",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(endpointParts)
		s.Warnings = kind.Warn(func(o, _ *corev1.Endpoints) []string { return endpointWarnings(o) })
	},
	Cells: kind.Cells{"endpoints": kind.CellOf(readyAddresses)},
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
				errs = append(errs, kind.KeptIP(ip, a.IP, nil)...)
				if kind.FamilyOf(a.IP) == "unknown" {
					errs = append(errs, field.Invalid(ip, a.IP, "must be a valid IP address"))
				} else {
					errs = append(errs, kind.EndpointIP(a.IP, ip)...)
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
				errs = append(errs, kind.DNSLabel(port.Child("name"), p.Name)...)
			}
			errs = append(errs, kind.Optional(port.Child("appProtocol"), p.AppProtocol, kind.Qualified)...)
		}
	}
	return errs
}

// readyAddresses is the column of ready addresses, with each port where there are ports.
func readyAddresses(e *corev1.Endpoints) string {
	if len(e.Subsets) == 0 {
		return "<none>"
	}
	list := kind.ShortList{Limit: 3, Separator: ","}
	for _, s := range e.Subsets {
		if len(s.Ports) == 0 {
			for _, a := range s.Addresses {
				list.Add(a.IP)
			}
		}
		for _, p := range s.Ports {
			for i, a := range s.Addresses {
				if list.Full() {
					// The product of both lists may be much longer than the client's lists.
					list.Count += len(s.Addresses) - i
					break
				}
				list.Add(net.JoinHostPort(a.IP, strconv.Itoa(int(p.Port))))
			}
		}
	}
	return list.Text("")
}

func endpointWarnings(o *corev1.Endpoints) (out []string) {
	if o.Labels["endpoints.kubernetes.io/managed-by"] == "endpoint-controller" {
		return nil
	}
	for i, s := range o.Subsets {
		at := field.NewPath("subsets").Index(i)
		for j, a := range s.Addresses {
			out = append(out, validation.GetWarningsForIP(at.Child("addresses").Index(j).Child("ip"), a.IP)...)
		}
		for j, a := range s.NotReadyAddresses {
			out = append(out, validation.GetWarningsForIP(at.Child("notReadyAddresses").Index(j).Child("ip"), a.IP)...)
		}
	}
	return out
}
