package certificates

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// stamp sets the times of conditions that have none.
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

// keepConditions restores the old conditions of a type if their number is the same, so that an old client does not drop
// fields that it does not know.
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

// requestConditions validates the conditions. A kind of fault that the old object has is tolerated.
func requestConditions(o, old csr) (errs field.ErrorList) {
	path := field.NewPath("status", "conditions")
	noType, twice, both := oldFaults(old)
	seen := map[string]bool{}
	for i, c := range o.Status.Conditions {
		at := path.Index(i)
		if c.Type == "" && !noType {
			errs = append(errs, field.Required(at.Child("type"), ""))
		}
		allowed := []string{"False", "True", "Unknown"}
		if decided(c.Type) {
			allowed = []string{"True"}
		}
		if c.Status == "" {
			errs = append(errs, field.Required(at.Child("status"), ""))
		} else {
			errs = append(errs, kind.Among(at.Child("status"), c.Status, allowed...)...)
		}
		if !both && (c.Type == "Approved" && seen["Denied"] || c.Type == "Denied" && seen["Approved"]) {
			errs = append(errs, field.Invalid(path, c.Type, "Approved and Denied conditions are mutually exclusive"))
		}
		if seen[c.Type] && !twice {
			errs = append(errs, field.Duplicate(at.Child("type"), c.Type))
		}
		seen[c.Type] = true
	}
	return errs
}

// decided are the conditions that end a request. Their status is always True.
func decided(t string) bool { return t == "Approved" || t == "Denied" || t == "Failed" }

// oldFaults are the kinds of faults in the old object.
func oldFaults(old csr) (noType, twice, both bool) {
	seen := map[string]bool{}
	for _, c := range old.Status.Conditions {
		noType, twice = noType || c.Type == "", twice || seen[c.Type]
		seen[c.Type] = true
	}
	return noType, twice, seen["Approved"] && seen["Denied"]
}

// keptConditions refuses to remove the conditions that end a request.
func keptConditions(o, old csr) (errs field.ErrorList) {
	for _, t := range []string{"Approved", "Denied", "Failed"} {
		if len(conditionsOf(o, t)) < len(conditionsOf(old, t)) {
			errs = append(errs, field.Forbidden(field.NewPath("status", "conditions"), fmt.Sprintf("updates may not remove a condition of type %q", t)))
		}
	}
	return errs
}

// keptApprovals refuses changes of approvals and denials through the status.
func keptApprovals(o, old csr) (errs field.ErrorList) {
	path := field.NewPath("status", "conditions")
	for _, t := range approvals {
		switch now, was := conditionsOf(o, t), conditionsOf(old, t); {
		case len(now) > len(was):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not add a condition of type %q", t)))
		case len(now) == len(was) && !equality.Semantic.DeepEqual(now, was):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not modify a condition of type %q\n%v", t, display.Diff(was, now))))
		}
	}
	return errs
}
