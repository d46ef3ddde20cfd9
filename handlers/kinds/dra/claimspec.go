package dra

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const mostRequests, mostConstraints, mostConfigs, mostAlternatives = 32, 32, 32, 8

// claimSpec validates the spec of a claim or claim template.
func (e expressions) claimSpec(c *resourcev1.DeviceClaim, path *field.Path) field.ErrorList {
	names := namesOf(c)
	errs := limitedSet(c.Requests, mostRequests, path.Child("requests"), e.request, func(r *resourcev1.DeviceRequest) string { return r.Name })
	errs = append(errs, limited(c.Constraints, mostConstraints, path.Child("constraints"), func(d *resourcev1.DeviceConstraint, path *field.Path) field.ErrorList {
		return e.constraint(d, names, path)
	})...)
	return append(errs, limited(c.Config, mostConfigs, path.Child("config"), func(d *resourcev1.DeviceClaimConfiguration, path *field.Path) field.ErrorList {
		errs := names.references(d.Requests, path.Child("requests"))
		return append(errs, opaque(d.Opaque, false, path.Child("opaque"))...)
	})...)
}

func (e expressions) request(r *resourcev1.DeviceRequest, path *field.Path) field.ErrorList {
	errs := label(r.Name, path.Child("name"))
	const one = "exactly one of `exactly` or `firstAvailable` is required"
	switch several := len(r.FirstAvailable) > 0; {
	case several && r.Exactly != nil:
		return append(errs, field.Invalid(path, nil, one+", but multiple fields are set"))
	case several:
		return append(errs, limitedSet(r.FirstAvailable, mostAlternatives, path.Child("firstAvailable"), e.alternative,
			func(s *resourcev1.DeviceSubRequest) string { return s.Name })...)
	case r.Exactly == nil:
		return append(errs, field.Required(path, one))
	}
	x, at := r.Exactly, path.Child("exactly")
	return append(errs, e.wanted(x.DeviceClassName, x.Selectors, x.AllocationMode, x.Count, x.Tolerations, at)...)
}

func (e expressions) alternative(s *resourcev1.DeviceSubRequest, path *field.Path) field.ErrorList {
	errs := label(s.Name, path.Child("name"))
	return append(errs, e.wanted(s.DeviceClassName, s.Selectors, s.AllocationMode, s.Count, s.Tolerations, path)...)
}

// wanted are the fields that requests and subrequests share.
func (e expressions) wanted(class string, selectors []resourcev1.DeviceSelector, mode string, count int64, tolerations []resourcev1.DeviceToleration, path *field.Path) field.ErrorList {
	errs := kind.Needed(path.Child("deviceClassName"), class, kind.DNSName)
	errs = append(errs, e.selectors(selectors, false, path.Child("selectors"))...)
	switch mode {
	case "All":
		if count != 0 {
			errs = append(errs, field.Invalid(path.Child("count"), count, fmt.Sprintf("must not be specified when allocationMode is '%s'", mode)))
		}
	case "ExactCount":
		if count <= 0 {
			errs = append(errs, field.Invalid(path.Child("count"), count, "must be greater than zero"))
		}
	default:
		errs = append(errs, field.NotSupported(path.Child("allocationMode"), mode, []string{"All", "ExactCount"}))
	}
	for i := range tolerations {
		errs = append(errs, toleration(&tolerations[i], path.Child("tolerations").Index(i))...)
	}
	return errs
}

func (e expressions) constraint(c *resourcev1.DeviceConstraint, names requestNames, path *field.Path) field.ErrorList {
	errs := names.references(c.Requests, path.Child("requests"))
	switch {
	case c.MatchAttribute != nil:
		return append(errs, fullyQualified(*c.MatchAttribute, path.Child("matchAttribute"))...)
	case c.DistinctAttribute != nil:
		return append(errs, fullyQualified(*c.DistinctAttribute, path.Child("distinctAttribute"))...)
	case e.gates.Enabled(consumable):
		return append(errs, field.Required(path, `exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set`))
	}
	return append(errs, field.Required(path.Child("matchAttribute"), ""))
}

// requestNames are the requests of a claim with their subrequests.
type requestNames map[string]map[string]bool

func namesOf(c *resourcev1.DeviceClaim) requestNames {
	names := requestNames{}
	for _, r := range c.Requests {
		names[r.Name] = map[string]bool{}
		for _, s := range r.FirstAvailable {
			names[r.Name][s.Name] = true
		}
	}
	return names
}

func (n requestNames) references(list []string, path *field.Path) field.ErrorList {
	return limitedSet(list, mostRequests, path, func(name *string, path *field.Path) field.ErrorList { return n.reference(*name, path) }, itself)
}

// reference is the name of a request, or request/subrequest.
func (n requestNames) reference(name string, path *field.Path) (errs field.ErrorList) {
	const want = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
	parts := strings.Split(name, "/")
	if len(parts) > 2 {
		return field.ErrorList{field.Invalid(path, name, want)}
	}
	for _, p := range parts {
		errs = append(errs, label(p, path)...)
	}
	if alternatives, found := n[parts[0]]; !found || len(parts) == 2 && !alternatives[parts[1]] {
		errs = append(errs, field.Invalid(path, name, want))
	}
	return errs
}
