package apiserverinternal

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	apiserverinternalv1alpha1 "github.com/gatehouse-dev/gatehouse/gen/types/apiserverinternal/v1alpha1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var storageVersions = kind.Kind{
	Group: "internal.apiserver.k8s.io", Resource: "storageversions",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) { s.ValidateName = storageVersionName },
	Subresources: map[string]kind.Strategy{"status": func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(storageVersionStatus)
	}},
	Cells: kind.Cells{"storageVersions": kind.CellOf(writtenVersions)},
}

// storageVersionName requires <group>.<resource>.
func storageVersionName(name string, _ bool) []string {
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return []string{"name must be in the form of <group>.<resource>"}
	}
	var out []string
	for _, msg := range validation.IsDNS1123Subdomain(name[:i]) {
		out = append(out, "the group segment "+msg)
	}
	for _, msg := range validation.IsDNS1035Label(name[i+1:]) {
		out = append(out, "the resource segment "+msg)
	}
	return out
}

// writtenVersions is the column of servers with their encoding versions.
func writtenVersions(s *apiserverinternalv1alpha1.StorageVersion) string {
	list := kind.ShortList{Limit: 3, Separator: ","}
	for _, v := range s.Status.StorageVersions {
		list.Add(v.APIServerID + "=" + v.EncodingVersion)
	}
	return list.Text("<unset>")
}
