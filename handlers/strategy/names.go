package strategy

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

type nameFunc = func(name string, prefix bool) []string

// names are the rules that are not a DNS subdomain.
var names = map[key]nameFunc{
	{"apps", "statefulsets", ""}:                         validation.NameIsDNSLabel,
	{"policy", "poddisruptionbudgets", ""}:               pathSegment,
	{"apiregistration.k8s.io", "apiservices", ""}:        pathSegment,
	{"internal.apiserver.k8s.io", "storageversions", ""}: storageVersionName,
}

// nameRule is the rule for a row's names; nil is that of a DNS subdomain. Subresources take their parent's names.
func nameRule(row resources.Row) nameFunc {
	if row.Subresource != "" {
		return nil
	}
	return names[key{row.Group, row.Resource, ""}]
}

// storageVersionName wants <group>.<resource>.
func storageVersionName(name string, _ bool) []string {
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return []string{"name must be in the form of <group>.<resource>"}
	}
	var out []string
	for _, msg := range utilvalidation.IsDNS1123Subdomain(name[:i]) {
		out = append(out, "the group segment "+msg)
	}
	for _, msg := range utilvalidation.IsDNS1035Label(name[i+1:]) {
		out = append(out, "the resource segment "+msg)
	}
	return out
}
