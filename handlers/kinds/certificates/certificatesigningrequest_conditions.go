package certificates

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// stamp puts times on conditions that came without.
func stamp(d *kind.Deps, o, old csr) {
	now := metav1.NewTime(d.Now().Truncate(1e9))
	type key struct{ kind, status string }
	since := map[key]metav1.Time{}
	for _, was := range old.Status.Conditions {
		k := key{was.Type, was.Status}
		if _, known := since[k]; !known && !was.LastTransitionTime.IsZero() {
			since[k] = was.LastTransitionTime
		}
	}
	for i := range o.Status.Conditions {
		c := &o.Status.Conditions[i]
		if c.LastUpdateTime.IsZero() {
			c.LastUpdateTime = now
		}
		if !c.LastTransitionTime.IsZero() {
			continue
		}
		c.LastTransitionTime = now
		if was, known := since[key{c.Type, c.Status}]; known {
			c.LastTransitionTime = was
		}
	}
}

// keepConditions takes the old conditions of a type, when as many came, so that an old client that does not know all
// their fields does not change them.
func keepConditions(o, old csr, t string) {
	was, at := conditionsOf(old, t), []int{}
	for i, c := range o.Status.Conditions {
		if c.Type == t {
			at = append(at, i)
		}
	}
	if len(at) != len(was) {
		return
	}
	for i := range at {
		o.Status.Conditions[at[i]] = was[i]
	}
}

func conditionsOf(o csr, t string) (out []certificatesv1.CertificateSigningRequestCondition) {
	for _, c := range o.Status.Conditions {
		if c.Type == t {
			out = append(out, c)
		}
	}
	return out
}

func requestConditions(o, old csr, approval bool) (errs field.ErrorList) {
	path := field.NewPath("status", "conditions")
	seen := map[string]bool{}
	for i, c := range o.Status.Conditions {
		switch fixed := c.Type == "Approved" || c.Type == "Denied" || c.Type == "Failed"; {
		case c.Type == "":
			errs = append(errs, field.Required(path.Index(i).Child("type"), ""))
		case c.Status == "":
			errs = append(errs, field.Required(path.Index(i).Child("status"), ""))
		case fixed && c.Status != "True":
			errs = append(errs, field.NotSupported(path.Index(i).Child("status"), c.Status, []string{"True"}))
		}
		if seen[c.Type] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("type"), c.Type))
		}
		seen[c.Type] = true
		if c.Type == "Approved" && seen["Denied"] || c.Type == "Denied" && seen["Approved"] {
			errs = append(errs, field.Invalid(path, c.Type, "Approved and Denied conditions are mutually exclusive"))
		}
	}
	for _, t := range []string{"Approved", "Denied", "Failed"} {
		if len(conditionsOf(o, t)) < len(conditionsOf(old, t)) {
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not remove a condition of type %q", t)))
		}
	}
	if approval {
		return errs
	}
	for _, t := range approvals {
		switch now, was := conditionsOf(o, t), conditionsOf(old, t); {
		case len(now) > len(was):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not add a condition of type %q", t)))
		case len(now) == len(was) && !equality.Semantic.DeepEqual(now, was):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not modify a condition of type %q\n%v", t, kind.Diff(was, now))))
		}
	}
	return errs
}
