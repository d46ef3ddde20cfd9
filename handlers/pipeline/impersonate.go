package pipeline

import (
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// RefuseImpersonation forbids requests that ask to be made as somebody else. To ignore the headers would carry out, with
// the caller's own rights, what was meant to be limited to another's.
func RefuseImpersonation(next Handler) Handler {
	return func(r *Request) error {
		for name, values := range r.HTTP.Header {
			if strings.HasPrefix(name, "Impersonate-") && len(values) > 0 {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "users"}, values[0],
					fmt.Errorf("User %q cannot impersonate resource %q in API group %q at the cluster scope", r.User.Name, "users", ""))
			}
		}
		return next(r)
	}
}
