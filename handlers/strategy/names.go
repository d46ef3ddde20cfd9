package strategy

import (
	"k8s.io/apimachinery/pkg/api/validation"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

type nameFunc = func(name string, prefix bool) []string

// names are the rules that are not a DNS subdomain.
var names = map[key]nameFunc{
	{"apps", "statefulsets", ""}:           validation.NameIsDNSLabel,
	{"policy", "poddisruptionbudgets", ""}: pathSegment,
}

// nameRule is the rule for a row's names; nil is that of a DNS subdomain. Subresources take their parent's names.
func nameRule(row resources.Row) nameFunc {
	if row.Subresource != "" {
		return nil
	}
	return names[key{row.Group, row.Resource, ""}]
}
