package columns

import (
	"strings"
	"time"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

// The three functions get the subjects of a binding.

func subjectUsers(v values, _ time.Time) any { return subjects(v, "User") }

func subjectGroups(v values, _ time.Time) any { return subjects(v, "Group") }

func subjectAccounts(v values, _ time.Time) any { return subjects(v, "ServiceAccount") }

func subjects(v values, kind string) string {
	all, _ := v[0].([]rbacv1.Subject)
	var out []string
	for _, s := range all {
		switch {
		case s.Kind != kind:
		case kind == "ServiceAccount":
			out = append(out, s.Namespace+"/"+s.Name)
		default:
			out = append(out, s.Name)
		}
	}
	return strings.Join(out, ", ")
}
