package strategy

import (
	"reflect"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// others are the entries of all other groups.
var others = map[key]entry{
	{"authentication.k8s.io", "tokenreviews", ""}:                           tokenReviews,
	{"admissionregistration.k8s.io", "validatingwebhookconfigurations", ""}: webhooks,
	{"admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""}:   webhooks,
	{"resource.k8s.io", "devicetaintrules", ""}:                             taintRules,
	{"resource.k8s.io", "resourceclaims", ""}:                               entry(kind.Fixed("spec")),
	{"resource.k8s.io", "resourceclaimtemplates", ""}:                       entry(kind.Fixed("spec")),
	{"resource.k8s.io", "resourceslices", ""}:                               entry(kind.Fixed("spec.pool.name")),
}

func webhooks(_ *Deps, row resources.Row, s *resource.Strategy) {
	p := compile(row, "webhooks")
	// What is empty and what is absent are two things here, as for the original.
	s.Changed = func(o, old object.Object) bool {
		a, b := p.Get(o), p.Get(old)
		return !a.IsValid() || !b.IsValid() || !reflect.DeepEqual(a.Interface(), b.Interface())
	}
}
