package certificates

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

var statusPath = field.NewPath("status")

// podCertificateStatus authorizes the writer to sign for the request's signer, once the status itself is valid.
func podCertificateStatus(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, old podRequest) field.ErrorList { return podStatus(o, old, d.Now()) })
	s.PrepareStatus = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old podRequest) error {
		if a.User == nil || d.Authorizer == nil || equality.Semantic.DeepEqual(o.Status, old.Status) || len(podStatus(o, old, d.Now())) > 0 {
			return nil
		}
		if maySign(ctx, d, a.User, old.Spec.SignerName) {
			return nil
		}
		return validation.Refuse(object.GroupKind(group, row.Kind), o.GetName(), field.ErrorList{field.Forbidden(spec.Child("signerName"),
			fmt.Sprintf("User %q is not permitted to \"sign\" for signer %q", a.User.Name, old.Spec.SignerName))})
	})
}

// maySign authorizes signing for the signer, or for all signers of its domain.
func maySign(ctx context.Context, d *kind.Deps, user *resource.UserInfo, signer string) bool {
	domain, _, _ := strings.Cut(signer, "/")
	for _, name := range []string{signer, domain + "/*"} {
		decision, _, err := d.Authorizer.Authorize(ctx, authz.Attributes{
			User: user, IsResource: true, Verb: "sign", Group: group, Version: "*", Resource: "signers", Name: name,
		})
		if err == nil && decision == authz.Allow {
			return true
		}
	}
	return false
}

// ended are the conditions that end a request, in the order of error texts.
var ended = []string{"Issued", "Denied", "Failed"}

func endOf(o podRequest) string {
	for _, t := range ended {
		for _, c := range o.Status.Conditions {
			if c.Type == t && c.Status == metav1.ConditionTrue {
				return t
			}
		}
	}
	return ""
}

func podStatus(o, old podRequest, now time.Time) (errs field.ErrorList) {
	path, known := statusPath.Child("conditions"), 0
	for i, c := range o.Status.Conditions {
		at := field.NewPath("status", "conditions", fmt.Sprintf("[%d]", i))
		if found := kind.Among(at.Child("type"), c.Type, ended...); len(found) > 0 {
			errs = append(errs, found...)
			continue
		}
		if known++; known > 1 {
			errs = append(errs, field.Invalid(at.Child("type"), c.Type, `There may be at most one condition with type "Issued", "Denied", or "Failed"`))
		}
		errs = append(errs, kind.Among(at.Child("status"), string(c.Status), "True")...)
	}
	if errs = append(errs, metavalidation.ValidateConditions(o.Status.Conditions, path)...); len(errs) > 0 {
		return errs
	}
	end := endOf(o)
	switch {
	case endOf(old) != "":
		return sameStatus(o.Status, old.Status, "immutable after PodCertificateRequest is issued, denied, or failed")
	case end == "Issued":
		return issued(o, old, now)
	case end != "":
		return sameStatus(o.Status, certificatesv1beta1.PodCertificateRequestStatus{Conditions: o.Status.Conditions}, "non-condition status fields must be empty when denying or failing the PodCertificateRequest")
	}
	return sameStatus(o.Status, old.Status, `status is immutable unless transitioning to "Issued", "Denied", or "Failed"`)
}

func sameStatus(now, want certificatesv1beta1.PodCertificateRequestStatus, detail string) field.ErrorList {
	if equality.Semantic.DeepEqual(now, want) {
		return nil
	}
	return field.ErrorList{field.Invalid(statusPath, field.OmitValueType{}, detail)}
}

const largestChain = 100 * 1024

// issued validates the certificate chain and the times beside it.
func issued(o, old podRequest, now time.Time) field.ErrorList {
	path, chain := statusPath.Child("certificateChain"), o.Status.CertificateChain
	if len(chain) > largestChain {
		return field.ErrorList{field.TooLong(path, chain, largestChain)}
	}
	block, rest := pem.Decode([]byte(chain))
	if block == nil {
		return field.ErrorList{field.Invalid(path, chain, "issued certificate chain must contain at least one certificate")}
	}
	if block.Type != "CERTIFICATE" {
		return field.ErrorList{field.Invalid(path, chain, "issued certificate chain must consist entirely of CERTIFICATE PEM blocks")}
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return field.ErrorList{field.Invalid(path, chain, "leaf certificate does not parse as valid X.509")}
	}
	errs := leafNames(leaf, path)
	if e := wrongKey(leaf, old, chain, path); e != nil {
		return append(errs, e)
	}
	if errs = append(errs, times(o, leaf, now)...); len(errs) > 0 {
		return errs
	}
	for {
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if block.Type != "CERTIFICATE" {
			return field.ErrorList{field.Invalid(path, chain, "issued certificate chain must consist entirely of CERTFICATE PEM blocks")}
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return field.ErrorList{field.Invalid(path, chain, "intermediate certificate does not parse as valid X.509")}
		}
	}
}

func leafNames(leaf *x509.Certificate, path *field.Path) (errs field.ErrorList) {
	for _, name := range leaf.DNSNames {
		if name == "" {
			errs = append(errs, field.Invalid(path, name, "leaf certificate should not contain empty DNSName"))
		}
		if strings.Contains(name, "..") {
			errs = append(errs, field.Invalid(path, name, "leaf certificate's DNSName should not contain '..'"))
		}
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			errs = append(errs, field.Invalid(path, name, "leaf certificate's DNSName should not start or end with '.'"))
		}
	}
	for _, address := range leaf.EmailAddresses {
		if _, err := mail.ParseAddress(address); err != nil {
			errs = append(errs, field.Invalid(path, address, "leaf certificate should not contain invalid EmailAddress"))
		}
	}
	return errs
}

// wrongKey refuses a certificate for another key than the requested one.
func wrongKey(leaf *x509.Certificate, old podRequest, chain string, path *field.Path) *field.Error {
	var want crypto.PublicKey
	if stub := old.Spec.StubPKCS10Request; len(stub) > 0 {
		r, err := x509.ParseCertificateRequest(stub)
		if err != nil {
			return field.Invalid(spec.Child("stubPKCS10Request"), field.OmitValueType{}, "must be a valid PKCS#10 CSR")
		}
		want = r.PublicKey
	} else {
		var err error
		if want, err = x509.ParsePKIXPublicKey(old.Spec.PKIXPublicKey); err != nil {
			return field.Invalid(spec.Child("pkixPublicKey"), field.OmitValueType{}, "must be a valid PKIX-serialized public key")
		}
	}
	if key, ok := want.(interface{ Equal(crypto.PublicKey) bool }); ok && !key.Equal(leaf.PublicKey) {
		return field.Invalid(path, chain, "leaf certificate was not issued to the requested public key")
	}
	return nil
}

const (
	tolerance    = 5 * time.Minute
	refreshRoom  = 10 * time.Minute
	shortestLeaf = time.Hour
)

func times(o podRequest, leaf *x509.Certificate, now time.Time) (errs field.ErrorList) {
	s := &o.Status
	before, after, refresh := statusPath.Child("notBefore"), statusPath.Child("notAfter"), statusPath.Child("beginRefreshAt")
	const consistent = "must be present and consistent with the issued certificate"
	if s.NotBefore == nil {
		errs = append(errs, field.Required(before, consistent))
	}
	if s.NotAfter == nil {
		errs = append(errs, field.Required(after, consistent))
	}
	if s.BeginRefreshAt == nil {
		errs = append(errs, field.Required(refresh, "must be present and in the range [notbefore+10min, notafter-10min]"))
	}
	if len(errs) > 0 {
		return errs
	}
	life, chain := leaf.NotAfter.Sub(leaf.NotBefore), statusPath.Child("certificateChain")
	var seconds int32
	if n := o.Spec.MaxExpirationSeconds; n != nil {
		seconds = *n
	}
	switch {
	case !s.NotBefore.Time.Equal(leaf.NotBefore):
		return field.ErrorList{field.Invalid(before, s.NotBefore.Time, "must be set to the NotBefore time encoded in the leaf certificate")}
	case s.NotBefore.Sub(now).Abs() >= tolerance:
		return field.ErrorList{field.Invalid(before, s.NotBefore.Time, "must be set to within 5 minutes of kube-apiserver's current time")}
	case !s.NotAfter.Time.Equal(leaf.NotAfter):
		return field.ErrorList{field.Invalid(after, s.NotAfter.Time, "must be set to the NotAfter time encoded in the leaf certificate")}
	case life < shortestLeaf:
		return field.ErrorList{field.Invalid(chain, life, "leaf certificate lifetime must be >= 1 hour")}
	case life > time.Duration(seconds)*time.Second:
		return field.ErrorList{field.Invalid(chain, life, fmt.Sprintf("leaf certificate lifetime must be <= spec.maxExpirationSeconds (%v)", seconds))}
	case s.BeginRefreshAt.Time.Before(s.NotBefore.Add(refreshRoom)):
		return field.ErrorList{field.Invalid(refresh, s.BeginRefreshAt.Time, "must be at least 10 minutes after status.notBefore")}
	case s.BeginRefreshAt.After(s.NotAfter.Add(-refreshRoom)):
		return field.ErrorList{field.Invalid(refresh, s.BeginRefreshAt.Time, "must be at least 10 minutes before status.notAfter")}
	}
	return nil
}
