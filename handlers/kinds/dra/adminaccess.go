package dra

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// adminLabel on a namespace allows its claims admin access, which is access to devices in use.
const adminLabel = "resource.kubernetes.io/admin-access"

// adminAccess refuses the first of n requests for admin access in a namespace without the label.
func adminAccess(ctx context.Context, d *kind.Deps, namespace string, n int, wants func(i int) *bool, path *field.Path) field.ErrorList {
	for i := range n {
		if w := wants(i); w == nil || !*w {
			continue
		}
		at := path.Index(i).Child("adminAccess")
		allowed, err := adminNamespace(ctx, d, namespace)
		if err != nil {
			return field.ErrorList{field.InternalError(at, fmt.Errorf("could not retrieve namespace to verify admin access: %w", err))}
		}
		if !allowed {
			return field.ErrorList{field.Forbidden(at, fmt.Sprintf("admin access to devices requires the `%s: true` label on the containing namespace", adminLabel))}
		}
		return nil
	}
	return nil
}

// adminNamespace reports whether a namespace has the label. Without a store none has.
func adminNamespace(ctx context.Context, d *kind.Deps, name string) (bool, error) {
	if d.Objects == nil {
		return false, nil
	}
	ns, err := d.Objects.Get(ctx, kind.CoreV1("namespaces"), "", name)
	if err != nil {
		return false, err
	}
	return ns.GetLabels()[adminLabel] == "true", nil
}

// resultsAccess is adminAccess for allocation results. One that has admin access already keeps it.
func resultsAccess(ctx context.Context, d *kind.Deps, o, old resourceClaim) field.ErrorList {
	if a := old.Status.Allocation; a != nil {
		for _, r := range a.Devices.Results {
			if isTrue(r.AdminAccess) {
				return nil
			}
		}
	}
	if o.Status.Allocation == nil {
		return nil
	}
	results := o.Status.Allocation.Devices.Results
	return adminAccess(ctx, d, o.Namespace, len(results), func(i int) *bool { return results[i].AdminAccess }, field.NewPath("status", "allocation", "devices", "results"))
}
