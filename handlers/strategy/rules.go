package strategy

import (
	"context"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rulesOf are the rules for the parts of kinds that have other hooks elsewhere, or none.
var rulesOf = map[key]entry{
	{"", "services", ""}:                         chain(changesFirst, also(check(serviceParts))),
	{"", "resourcequotas", ""}:                   also(check(quotaScopes)),
	{"", "limitranges", ""}:                      also(check(limits)),
	{"", "persistentvolumes", ""}:                chain(firstly(check(volumeSpec)), also(check(volumeClass))),
	{"", "persistentvolumeclaims", ""}:           also(check(claimParts)),
	{"", "endpoints", ""}:                        also(check(endpointParts)),
	{"discovery.k8s.io", "endpointslices", ""}:   also(check(sliceParts)),
	{"networking.k8s.io", "ingresses", ""}:       firstly(check(ingressParts)),
	{"networking.k8s.io", "ingressclasses", ""}:  chain(changesFirst, also(check(ingressClassParts))),
	{"", "nodes", ""}:                            also(check(nodeRanges)),
	{"networking.k8s.io", "networkpolicies", ""}: firstly(check(policyParts)),
	{"node.k8s.io", "runtimeclasses", ""}:        also(check(runtimeClassParts)),
	{"storage.k8s.io", "volumeattachments", ""}:  also(check(attachmentParts)),
	{"storage.k8s.io", "storageclasses", ""}:     also(check(storageClassParts)),
	{"storage.k8s.io", "csidrivers", ""}:         also(check(driverParts)),
}

// also runs a rule after those that the kind has.
func also(rule func(context.Context, object.Object) field.ErrorList) entry {
	return func(_ *Deps, _ resources.Row, s *resource.Strategy) {
		first := s.Validate
		s.Validate = func(ctx context.Context, o object.Object) field.ErrorList {
			var errs field.ErrorList
			if first != nil {
				errs = first(ctx, o)
			}
			return append(errs, rule(ctx, o)...)
		}
	}
}

// changesFirst is for kinds of which the original looks at changes before it looks at the rest.
func changesFirst(_ *Deps, _ resources.Row, s *resource.Strategy) { s.ChangesFirst = true }

// firstly runs a rule before those that the kind has.
func firstly(rule func(context.Context, object.Object) field.ErrorList) entry {
	return func(_ *Deps, _ resources.Row, s *resource.Strategy) {
		next := s.Validate
		s.Validate = func(ctx context.Context, o object.Object) field.ErrorList {
			errs := rule(ctx, o)
			if next != nil {
				errs = append(errs, next(ctx, o)...)
			}
			return errs
		}
	}
}

// faults are the messages about a value.
func faults(path *field.Path, value any, messages []string) (errs field.ErrorList) {
	for _, msg := range messages {
		errs = append(errs, field.Invalid(path, value, msg))
	}
	return errs
}

func dnsName(path *field.Path, s string) field.ErrorList {
	return faults(path, s, utilvalidation.IsDNS1123Subdomain(s))
}

func dnsLabel(path *field.Path, s string) field.ErrorList {
	return faults(path, s, utilvalidation.IsDNS1123Label(s))
}

func qualified(path *field.Path, s string) field.ErrorList {
	return faults(path, s, utilvalidation.IsQualifiedName(s))
}

// needed wants a text that keeps a rule.
func needed(path *field.Path, s string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return rule(path, s)
}

// segment is a name that stands in URLs.
func segment(path *field.Path, s string) field.ErrorList {
	return faults(path, s, pathSegment(s, false))
}

func among(path *field.Path, s string, values ...string) field.ErrorList {
	for _, v := range values {
		if s == v {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, s, values)}
}

// optional runs a rule on a text that is there.
func optional(path *field.Path, s *string, rule func(*field.Path, string) field.ErrorList) field.ErrorList {
	if s == nil {
		return nil
	}
	return rule(path, *s)
}

// cidr may have the form that was tolerated once only where it was stored before; new ones are strict.
func cidr(path *field.Path, s string) field.ErrorList {
	return utilvalidation.IsValidCIDRForLegacyField(path, s, true, nil)
}

func portNumber(path *field.Path, n int32) field.ErrorList {
	return faults(path, n, utilvalidation.IsValidPortNum(int(n)))
}
