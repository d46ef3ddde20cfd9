package storage

import (
	"fmt"
	"slices"
	"time"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var storageClasses = kind.Kind{
	Group: group, Resource: "storageclasses",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(validateStorageClass)
		s.Warnings = kind.Warn(warnOfLabels)
	},
	Cells: kind.Cells{"defaultStorageClass": kind.CellOfValues(defaultStorageClass)},
}

func validateStorageClass(o *storagev1.StorageClass) (errs field.ErrorList) {
	errs = append(provisioner(o.Provisioner, field.NewPath("provisioner")), parameters(o.Parameters, field.NewPath("parameters"))...)
	if p := o.ReclaimPolicy; p != nil && *p != "" && *p != "Delete" && *p != "Retain" {
		errs = append(errs, field.NotSupported(field.NewPath("reclaimPolicy"), *p, []string{"Delete", "Retain"}))
	}
	return append(errs, topologies(o.AllowedTopologies, field.NewPath("allowedTopologies"))...)
}

// topologies are compared as sets of terms with sets of values.
func topologies(list []corev1.TopologySelectorTerm, path *field.Path) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i, t := range list {
		at := path.Index(i).Child("matchLabelExpressions")
		terms := map[string][]string{}
		for j, e := range t.MatchLabelExpressions {
			term := at.Index(j)
			if len(e.Values) == 0 {
				errs = append(errs, field.Required(term.Child("values"), ""))
			}
			values := make(map[string]bool, len(e.Values))
			for k, v := range e.Values {
				if values[v] {
					errs = append(errs, field.Duplicate(term.Child("values").Index(k), v))
				}
				values[v] = true
			}
			errs = append(errs, metavalidation.ValidateLabelName(e.Key, term.Child("key"))...)
			if _, twice := terms[e.Key]; twice {
				errs = append(errs, field.Duplicate(term.Child("key"), e.Key))
			}
			terms[e.Key] = slices.Sorted(slices.Values(e.Values))
		}
		// Upstream takes a term without expressions for a duplicate, even the first one.
		key := fmt.Sprintf("%q", terms) // keys in order
		if len(terms) == 0 || seen[key] {
			errs = append(errs, field.Duplicate(at, ""))
		}
		seen[key] = true
	}
	return errs
}

func warnOfLabels(o, _ *storagev1.StorageClass) (out []string) {
	for i, t := range o.AllowedTopologies {
		for j, e := range t.MatchLabelExpressions {
			if msg, old := kind.OldLabels[e.Key]; old {
				out = append(out, kind.Said(field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key"), "%s", msg))
			}
		}
	}
	return out
}

// defaultStorageClass is the name column, with "(default)"; its values are name and annotations.
func defaultStorageClass(v kind.Values, _ time.Time) any {
	for _, key := range []string{"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"} {
		if v.Pairs(1)[key] == "true" {
			return v.Text(0) + " (default)"
		}
	}
	return v.Text(0)
}
