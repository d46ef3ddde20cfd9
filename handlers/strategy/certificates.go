package strategy

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

type csr = *certificatesv1.CertificateSigningRequest

var approvals = []string{"Approved", "Denied"}

// signingRequests belong to who makes them: the server writes down who that is, and nothing changes afterwards but
// through approval and status.
func signingRequests(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = onCreate(func(_ context.Context, a *resource.Attempt, o csr) error {
		o.Spec.Username, o.Spec.UID, o.Spec.Groups, o.Spec.Extra = "", "", nil, nil
		if u := a.User; u != nil {
			o.Spec.Username, o.Spec.UID, o.Spec.Groups = u.Name, u.UID, u.Groups
			for k, v := range u.Extra {
				if o.Spec.Extra == nil {
					o.Spec.Extra = map[string][]string{}
				}
				o.Spec.Extra[k] = v
			}
		}
		return nil
	})
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		o.Spec, o.Status = old.Spec, old.Status
		return nil
	})
	s.Validate = check(validateRequest)
}

func validateRequest(o csr) (errs field.ErrorList) {
	if err := parseRequest(o.Spec.Request); err != nil {
		errs = append(errs, field.Invalid(spec.Child("request"), o.Spec.Request, err.Error()))
	}
	if len(o.Spec.Usages) == 0 {
		errs = append(errs, field.Required(spec.Child("usages"), ""))
	}
	seen := map[string]bool{}
	for i, u := range o.Spec.Usages {
		if seen[u] {
			errs = append(errs, field.Duplicate(spec.Child("usages").Index(i), u))
		}
		seen[u] = true
	}
	path := spec.Child("signerName")
	switch name := o.Spec.SignerName; {
	case name == "":
		errs = append(errs, field.Required(path, ""))
	case name == "kubernetes.io/legacy-unknown":
		errs = append(errs, field.Invalid(path, name, "the legacy signerName is not allowed via this API version"))
	case strings.Count(name, "/") != 1:
		errs = append(errs, field.Invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"))
	}
	if n := o.Spec.ExpirationSeconds; n != nil && *n < 600 {
		errs = append(errs, field.Invalid(spec.Child("expirationSeconds"), *n, "may not specify a duration less than 600 seconds (10 minutes)"))
	}
	return errs
}

func parseRequest(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	r, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	return r.CheckSignature()
}

func signingRequestStatus(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		for _, t := range approvals {
			keepConditions(o, old, t)
		}
		stamp(d, o, old)
		return nil
	})
	s.ValidateUpdate = checkUpdate(func(o, old csr) field.ErrorList {
		errs := requestConditions(o, old, false)
		path := field.NewPath("status", "certificate")
		if bytes.Equal(o.Status.Certificate, old.Status.Certificate) {
			return errs
		}
		if len(old.Status.Certificate) > 0 {
			return append(errs, field.Forbidden(path, "updates may not modify existing certificate content"))
		}
		if err := parseCertificates(o.Status.Certificate); err != nil {
			errs = append(errs, field.Invalid(path, "<certificate data>", err.Error()))
		}
		return errs
	})
}

// signingRequestApproval writes the conditions and nothing else.
func signingRequestApproval(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		stamp(d, o, old)
		conditions := o.Status.Conditions
		kept := object.Copy(old)
		o.Spec, o.Status = kept.Spec, kept.Status
		o.Status.Conditions = conditions
		return nil
	})
	s.ValidateUpdate = checkUpdate(func(o, old csr) field.ErrorList { return requestConditions(o, old, true) })
}

// stamp puts times on conditions that came without.
func stamp(d *Deps, o, old csr) {
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
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("updates may not modify a condition of type %q\n%v", t, specDiff(was, now))))
		}
	}
	return errs
}

// parseCertificates wants one certificate or more in PEM and nothing else.
func parseCertificates(text []byte) error {
	rest, n := text, 0
	for len(bytes.TrimSpace(rest)) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("only CERTIFICATE PEM blocks are allowed, found %q", block.Type)
		}
		if len(block.Headers) != 0 {
			return errors.New("no PEM block headers are permitted")
		}
		if _, err := x509.ParseCertificates(block.Bytes); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return errors.New("must contain at least one CERTIFICATE PEM block")
	}
	return nil
}

// trustBundles are named after their signer.
func trustBundles(_ *Deps, row resources.Row, s *resource.Strategy) {
	signer := compile(row, "spec.signerName")
	s.Validate = func(_ context.Context, o object.Object) field.ErrorList {
		name, path := o.GetName(), field.NewPath("metadata", "name")
		signerName := text(signer.Get(o))
		if signerName == "" {
			if strings.Contains(name, ":") {
				return field.ErrorList{field.Invalid(path, name, `ClusterTrustBundle without signer name must not have ":" in its name`)}
			}
			return subdomain(name, name, path)
		}
		prefix := strings.ReplaceAll(signerName, "/", ":") + ":"
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("ClusterTrustBundle for signerName %s must be named with prefix %s", signerName, prefix))}
		}
		return subdomain(rest, name, path)
	}
}

func subdomain(part, shown string, path *field.Path) (errs field.ErrorList) {
	for _, msg := range validation.NameIsDNSSubdomain(part, false) {
		errs = append(errs, field.Invalid(path, shown, msg))
	}
	return errs
}
