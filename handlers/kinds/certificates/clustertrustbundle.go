package certificates

import (
	"context"
	"fmt"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var trustBundles = kind.Kind{Group: group, Resource: "clustertrustbundles", Strategy: trustBundle}

// trustBundle: bundles are named after their signer.
func trustBundle(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	signer := kind.Compile(row, "spec.signerName")
	s.ValidateName = kind.PathSegment
	s.Validate = func(_ context.Context, o object.Object) field.ErrorList {
		name, path := o.GetName(), field.NewPath("metadata", "name")
		signerName := kind.Text(signer.Get(o))
		if signerName == "" {
			if strings.Contains(name, ":") {
				return field.ErrorList{field.Invalid(path, name, `ClusterTrustBundle without signer name must not have ":" in its name`)}
			}
			return kind.Faults(path, name, apivalidation.NameIsDNSSubdomain(name, false))
		}
		prefix := strings.ReplaceAll(signerName, "/", ":") + ":"
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("ClusterTrustBundle for signerName %s must be named with prefix %s", signerName, prefix))}
		}
		return kind.Faults(path, name, apivalidation.NameIsDNSSubdomain(rest, false))
	}
}
