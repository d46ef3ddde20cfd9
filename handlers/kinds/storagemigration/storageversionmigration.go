package storagemigration

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagemigrationv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/storagemigration/v1beta1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var migrations = kind.Kind{
	Group: "storagemigration.k8s.io", Resource: "storageversionmigrations", Strategy: migration,
	Subresources: map[string]kind.Strategy{"status": migrationStatusRules},
	Cells: kind.Cells{
		"migrationResource": kind.CellOfValues(migrationResource),
		"migrationStatus":   kind.CellOfValues(migrationStatus),
	},
}

// migrationResource is the column of the resource; its values are group and resource.
func migrationResource(v kind.Values, _ time.Time) any {
	return kind.GroupResource(v.Text(0), v.Text(1))
}

// migrationStatus is the status column; its value is the conditions.
func migrationStatus(v kind.Values, _ time.Time) any {
	conditions, _ := v[0].([]metav1.Condition)
	status := "Unknown"
	for _, c := range conditions {
		if c.Status == metav1.ConditionTrue && (c.Type == "Running" || c.Type == "Failed" || c.Type == "Succeeded") {
			status = c.Type
		}
	}
	return status
}

func migration(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(func(o *storagemigrationv1beta1.StorageVersionMigration) (errs field.ErrorList) {
		r, at := &o.Spec.Resource, field.NewPath("spec", "resource")
		if r.Resource == "" {
			errs = append(errs, field.Required(at.Child("resource"), "resource is required to be set"))
		} else if msgs := validation.IsDNS1035Label(r.Resource); len(msgs) > 0 {
			errs = append(errs, field.Invalid(at.Child("resource"), r.Resource, strings.Join(msgs, ",")))
		}
		if r.Group != "" {
			if msgs := validation.IsDNS1123Subdomain(r.Group); len(msgs) > 0 {
				errs = append(errs, field.Invalid(at.Child("group"), r.Group, strings.Join(msgs, ",")))
			}
		}
		return errs
	})
}

// migrationStatusRules makes the initial resourceVersion and the final condition immutable.
func migrationStatusRules(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *storagemigrationv1beta1.StorageVersionMigration) (errs field.ErrorList) {
		at := field.NewPath("status")
		now, was := o.Status.ResourceVersion, old.Status.ResourceVersion
		if now != "" {
			if _, err := resourceversion.CompareResourceVersion(now, now); err != nil {
				errs = append(errs, field.Invalid(at.Child("resourceVersion"), now, err.Error()))
			}
		}
		list := at.Child("conditions")
		errs = append(errs, metavalidation.ValidateConditions(o.Status.Conditions, list)...)
		if was != "" && was != now {
			errs = append(errs, field.Invalid(at.Child("resourceVersion"), now, kind.Immutable))
		}
		refuse := func(bad bool, text string) {
			if bad {
				errs = append(errs, field.Invalid(list, display.Value(o.Status.Conditions), text))
			}
		}
		succeeded, failed := meta.IsStatusConditionTrue(o.Status.Conditions, "Succeeded"), meta.IsStatusConditionTrue(o.Status.Conditions, "Failed")
		refuse(succeeded && failed, "Both success and failed conditions cannot be true at the same time")
		refuse(meta.IsStatusConditionTrue(old.Status.Conditions, "Succeeded") && !succeeded, "Success condition cannot be set to false once it is true")
		refuse(meta.IsStatusConditionTrue(old.Status.Conditions, "Failed") && !failed, "Failed condition cannot be set to false once it is true")
		return errs
	})
}
