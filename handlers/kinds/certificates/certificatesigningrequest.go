package certificates

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

type csr = *certificatesv1.CertificateSigningRequest

var approvals = []string{"Approved", "Denied"}

var signingRequests = kind.Kind{
	Group: group, Resource: "certificatesigningrequests", Strategy: signingRequest,
	Subresources: map[string]kind.Strategy{"approval": signingRequestApproval, "status": signingRequestStatus},
	Cells:        kind.Cells{"signingState": kind.CellOf(signingState)},
}

// signingRequest records the requester in the spec. Afterwards requests change through approval and status only.
func signingRequest(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, a *resource.Attempt, o csr) error {
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
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		o.Spec, o.Status = old.Spec, old.Status
		return nil
	})
	s.ValidateName = kind.PathSegment
	// An update keeps the spec, and with it faults that were stored before a rule existed.
	s.ValidateCreate = kind.Check(validateRequest)
}

// usages are the known key usages, sorted for error texts.
var usages = []string{
	"any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature",
	"email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc",
	"netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
}

func validateRequest(o csr) (errs field.ErrorList) {
	if err := parseRequest(o.Spec.Request); err != nil {
		errs = append(errs, field.Invalid(spec.Child("request"), o.Spec.Request, err.Error()))
	}
	path := spec.Child("usages")
	if len(o.Spec.Usages) == 0 {
		errs = append(errs, field.Required(path, ""))
	}
	for i, u := range o.Spec.Usages {
		if !slices.Contains(usages, u) {
			errs = append(errs, field.NotSupported(path.Index(i), u, usages))
		}
	}
	seen := map[string]bool{}
	for i, u := range o.Spec.Usages {
		if seen[u] {
			errs = append(errs, field.Duplicate(path.Index(i), u))
		}
		seen[u] = true
	}
	if name := o.Spec.SignerName; name == "kubernetes.io/legacy-unknown" {
		errs = append(errs, field.Invalid(spec.Child("signerName"), name, "the legacy signerName is not allowed via this API version"))
	} else {
		errs = append(errs, kind.SignerName(spec.Child("signerName"), name)...)
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

func signingRequestStatus(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		for _, t := range approvals {
			keepConditions(o, old, t)
		}
		stamp(d, o, old)
		return nil
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old csr) field.ErrorList {
		errs := requestConditions(o, old)
		path := field.NewPath("status", "certificate")
		changed := !bytes.Equal(o.Status.Certificate, old.Status.Certificate)
		if err := parseCertificates(o.Status.Certificate); changed && err != nil && parseCertificates(old.Status.Certificate) == nil {
			errs = append(errs, field.Invalid(path, "<certificate data>", err.Error()))
		}
		errs = append(errs, keptConditions(o, old)...)
		errs = append(errs, keptApprovals(o, old)...)
		if changed && len(old.Status.Certificate) > 0 {
			errs = append(errs, field.Forbidden(path, "updates may not modify existing certificate content"))
		}
		return errs
	})
}

// signingRequestApproval updates the conditions only.
func signingRequestApproval(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old csr) error {
		stamp(d, o, old)
		conditions := o.Status.Conditions
		kept := object.Copy(old)
		o.Spec, o.Status = kept.Spec, kept.Status
		o.Status.Conditions = conditions
		return nil
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old csr) field.ErrorList {
		return append(requestConditions(o, old), keptConditions(o, old)...)
	})
}

// parseCertificates accepts one or more PEM certificates, or nothing. Text between the PEM blocks is ignored.
func parseCertificates(text []byte) error {
	rest, n := text, 0
	for {
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
		certificates, err := x509.ParseCertificates(block.Bytes)
		if err != nil {
			return err
		}
		if len(certificates) == 0 {
			return errors.New("found CERTIFICATE PEM block containing 0 certificates")
		}
		n++
	}
	if n == 0 && len(text) > 0 {
		return errors.New("must contain at least one CERTIFICATE PEM block")
	}
	return nil
}

// signingState is the condition column of a request. A denial takes precedence over an approval.
func signingState(r *certificatesv1.CertificateSigningRequest) string {
	state, failed := "Pending", ""
	for _, c := range r.Status.Conditions {
		switch {
		case c.Type == "Denied", c.Type == "Approved" && state != "Denied":
			state = c.Type
		case c.Type == "Failed":
			failed = ",Failed"
		}
	}
	if len(r.Status.Certificate) > 0 {
		failed += ",Issued"
	}
	return state + failed
}
