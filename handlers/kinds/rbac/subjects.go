package rbac

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// defaultSubjects sets the API group of users and groups.
func defaultSubjects(l []rbacv1.Subject) {
	for i := range l {
		if s := &l[i]; s.APIGroup == "" && (s.Kind == "User" || s.Kind == "Group") {
			s.APIGroup = group
		}
	}
}

// subjects validates the subjects of a binding. In cluster-wide bindings service accounts need a namespace.
func subjects(list []rbacv1.Subject, namespaced bool) (errs field.ErrorList) {
	for i, s := range list {
		path := field.NewPath("subjects").Index(i)
		if s.Name == "" {
			errs = append(errs, field.Required(path.Child("name"), ""))
		}
		switch s.Kind {
		case "ServiceAccount":
			if s.Name != "" {
				errs = append(errs, kind.DNSName(path.Child("name"), s.Name)...)
			}
			errs = append(errs, kind.Among(path.Child("apiGroup"), s.APIGroup, "")...)
			if !namespaced && s.Namespace == "" {
				errs = append(errs, field.Required(path.Child("namespace"), ""))
			}
		case "User", "Group":
			errs = append(errs, kind.Among(path.Child("apiGroup"), s.APIGroup, group)...)
		default:
			errs = append(errs, field.NotSupported(path.Child("kind"), s.Kind, []string{"ServiceAccount", "User", "Group"}))
		}
	}
	return errs
}

// subjectCells are the columns of subjects; their value is the subjects of a binding.
var subjectCells = kind.Cells{
	"subjectAccounts": kind.CellOfValues(func(v kind.Values, _ time.Time) any { return namesOf(v, "ServiceAccount") }),
	"subjectGroups":   kind.CellOfValues(func(v kind.Values, _ time.Time) any { return namesOf(v, "Group") }),
	"subjectUsers":    kind.CellOfValues(func(v kind.Values, _ time.Time) any { return namesOf(v, "User") }),
}

func namesOf(v kind.Values, of string) string {
	all, _ := v[0].([]rbacv1.Subject)
	var out []string
	for _, s := range all {
		switch {
		case s.Kind != of:
		case of == "ServiceAccount":
			out = append(out, s.Namespace+"/"+s.Name)
		default:
			out = append(out, s.Name)
		}
	}
	return strings.Join(out, ", ")
}
