package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const (
	longestUID = 128
	largestKey = 10 * 1024
	// The minimum lifetime is an hour. The maximum is a day for signers of kubernetes.io and 91 days for others.
	shortestLife, longestLife, longestOfKubernetes = 3600, 91 * 24 * 3600, 24 * 3600
)

func validatePodRequest(o podRequest) field.ErrorList {
	s := &o.Spec
	errs := kind.SignerName(spec.Child("signerName"), s.SignerName)
	errs = append(errs, userAnnotations(s.UnverifiedUserAnnotations, spec.Child("unverifiedUserAnnotations"))...)
	for _, of := range []struct{ name, value, uidName, uid string }{
		{"podName", s.PodName, "podUID", s.PodUID}, {"serviceAccountName", s.ServiceAccountName, "serviceAccountUID", s.ServiceAccountUID},
		{"nodeName", s.NodeName, "nodeUID", s.NodeUID},
	} {
		errs = append(errs, kind.DNSName(spec.Child(of.name), of.value)...)
		if path := spec.Child(of.uidName); of.uid == "" {
			errs = append(errs, field.Invalid(path, of.uid, "must not be empty"))
		} else if len(of.uid) > longestUID {
			errs = append(errs, field.TooLong(path, of.uid, longestUID))
		}
	}
	path := spec.Child("maxExpirationSeconds")
	if s.MaxExpirationSeconds == nil {
		return append(errs, field.Required(path, "must be set"))
	}
	longest := int32(longestLife)
	if kind.OfKubernetes(s.SignerName) {
		longest = longestOfKubernetes
	}
	if n := *s.MaxExpirationSeconds; n < shortestLife || n > longest {
		errs = append(errs, field.Invalid(path, n, fmt.Sprintf("must be in the range [%d, %d]", shortestLife, longest)))
	}
	switch stub, key, proof := len(s.StubPKCS10Request) > 0, len(s.PKIXPublicKey) > 0, len(s.ProofOfPossession) > 0; {
	case stub && !key && !proof:
		return append(errs, one(stubFault(s.StubPKCS10Request))...)
	case !stub && key && proof:
		return append(errs, one(proofFault(s.PKIXPublicKey, s.ProofOfPossession, s.PodUID))...)
	}
	return append(errs, field.Invalid(spec, field.OmitValueType{}, "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"))
}

func one(e *field.Error) field.ErrorList {
	if e == nil {
		return nil
	}
	return field.ErrorList{e}
}

// userAnnotations are passed from the pod to the signer. Their keys have a domain, in upper or lower case.
func userAnnotations(m map[string]string, path *field.Path) (errs field.ErrorList) {
	for _, k := range kind.SortedKeys(m) {
		errs = append(errs, validation.IsDomainPrefixedKey(path, strings.ToLower(k))...)
	}
	if err := apivalidation.ValidateAnnotationsSize(m); err != nil {
		errs = append(errs, field.TooLong(path, "", apivalidation.TotalAnnotationSizeLimitB))
	}
	return errs
}

// stubFault validates a stub, an empty PKCS#10 request: its key and its signature.
func stubFault(der []byte) *field.Error {
	path := spec.Child("stubPKCS10Request")
	if len(der) > largestKey {
		return field.TooLong(path, der, largestKey)
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return field.Invalid(path, field.OmitValueType{}, "must be a valid PKCS#10 CSR")
	}
	if e := keyFault(r.PublicKey, path, "P256, P384, or P521", field.OmitValueType{}); e != nil {
		return e
	}
	if r.CheckSignature() != nil {
		return field.Invalid(path, field.OmitValueType{}, "invalid signature")
	}
	return nil
}

// proofFault validates the older form: a public key and a signature of the pod's uid.
func proofFault(der, proof []byte, uid string) *field.Error {
	path, proofPath := spec.Child("pkixPublicKey"), spec.Child("proofOfPossession")
	if len(der) > largestKey {
		return field.TooLong(path, der, largestKey)
	}
	if len(proof) > largestKey {
		return field.TooLong(proofPath, proof, largestKey)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return field.Invalid(path, der, "must be a valid PKIX-serialized public key")
	}
	if e := keyFault(key, path, "P256 or P384", der); e != nil {
		return e
	}
	hash, signed := sha256.Sum256([]byte(uid)), false
	switch key := key.(type) {
	case ed25519.PublicKey:
		signed = ed25519.Verify(key, []byte(uid), proof)
	case *ecdsa.PublicKey:
		signed = ecdsa.VerifyASN1(key, hash[:], proof)
	case *rsa.PublicKey:
		signed = rsa.VerifyPSS(key, crypto.SHA256, hash[:], proof, nil) == nil
	}
	if !signed {
		return field.Invalid(proofPath, field.OmitValueType{}, "could not verify proof-of-possession signature")
	}
	return nil
}

// keyFault refuses unsupported key types, curves and sizes.
func keyFault(key crypto.PublicKey, path *field.Path, curves string, shown any) *field.Error {
	switch key := key.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() && key.Curve != elliptic.P384() && key.Curve != elliptic.P521() {
			return field.Invalid(path, "curve "+key.Curve.Params().Name, "elliptic public keys must use curve "+curves)
		}
	case *rsa.PublicKey:
		if n := key.Size() * 8; n != 3072 && n != 4096 {
			return field.Invalid(path, fmt.Sprintf("%d-bit modulus", n), "RSA keys must have modulus size 3072 or 4096")
		}
	default:
		return field.Invalid(path, shown, "unknown public key type; supported types are Ed25519, ECDSA, and RSA")
	}
	return nil
}
