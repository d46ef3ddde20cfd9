package podspec

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// projectedSources requires one type per source, and different paths.
func projectedSources(p *corev1.ProjectedVolumeSource, path *field.Path) (errs field.ErrorList) {
	taken := map[string]bool{}
	take := func(file, shown string) {
		if taken[file] {
			errs = append(errs, field.Invalid(path, shown, "conflicting duplicate paths"))
		}
		taken[file] = true
	}
	items := func(list []corev1.KeyToPath, shown string) {
		for _, i := range list {
			if i.Path != "" {
				take(i.Path, shown)
			}
		}
	}
	for i := range p.Sources {
		s, at, n := &p.Sources[i], path.Child("sources").Index(i), 0
		if s.Secret != nil {
			n++
			items(s.Secret.Items, s.Secret.Name)
		}
		if s.ConfigMap != nil {
			n++
			items(s.ConfigMap.Items, s.ConfigMap.Name)
		}
		if s.DownwardAPI != nil {
			n++
			for _, f := range s.DownwardAPI.Items {
				if f.Path != "" {
					take(f.Path, f.Path)
				}
			}
		}
		if s.ServiceAccountToken != nil {
			n++
		}
		if b := s.ClusterTrustBundle; b != nil {
			n++
			errs = append(errs, trustBundle(b, at.Child("clusterTrustBundle"))...)
			take(b.Path, b.Path)
		}
		if c := s.PodCertificate; c != nil {
			n++
			errs = append(errs, podCertificate(c, at.Child("podCertificate"))...)
			for _, f := range []string{c.CredentialBundlePath, c.KeyPath, c.CertificateChainPath} {
				if f != "" {
					take(f, f)
				}
			}
		}
		if n > 1 {
			errs = append(errs, field.Forbidden(at, "may not specify more than 1 volume type per source"))
		}
	}
	return errs
}

// trustBundle requires the name of a bundle, or a signer name with a selector.
func trustBundle(b *corev1.ClusterTrustBundleProjection, path *field.Path) (errs field.ErrorList) {
	switch {
	case b.Name != nil && b.SignerName != nil:
		errs = append(errs, field.Invalid(path, display.Value(b), "only one of name and signerName may be used"))
	case b.Name != nil:
		at := path.Child("name")
		if *b.Name == "" {
			errs = append(errs, field.Required(at, "must be a valid object name"))
		}
		for _, msg := range trustBundleName(*b.Name) {
			errs = append(errs, field.Invalid(at, *b.Name, "not a valid clustertrustbundlename: "+msg))
		}
		if b.LabelSelector != nil {
			errs = append(errs, field.Invalid(path.Child("labelSelector"), b.LabelSelector, "labelSelector must be unset if name is specified"))
		}
	case b.SignerName != nil:
		at := path.Child("signerName")
		if *b.SignerName == "" {
			errs = append(errs, field.Required(at, "must be a valid signer name"))
		}
		errs = append(errs, kind.SignerName(at, *b.SignerName)...)
		errs = append(errs, kind.LabelSelector(b.LabelSelector, path.Child("labelSelector"))...)
	default:
		errs = append(errs, field.Required(path, "either name or signerName must be specified"))
	}
	return errs
}

// trustBundleName validates the name of a bundle, in which a colon separates the signer's prefix.
func trustBundleName(name string) []string {
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return apivalidation.NameIsDNSSubdomain(name, false)
	}
	return apivalidation.NameIsDNSSubdomain(name[i+1:], false)
}

// Bounds of maxExpirationSeconds.
const shortestCertificate, longestCertificate, longestOwnCertificate = 3600, 7862400, 86400

func podCertificate(c *corev1.PodCertificateProjection, path *field.Path) (errs field.ErrorList) {
	errs = append(errs, kind.SignerName(path.Child("signerName"), c.SignerName)...)
	for _, k := range kind.SortedKeys(c.UserAnnotations) {
		errs = append(errs, validation.IsDomainPrefixedKey(path.Child("userAnnotations"), strings.ToLower(k))...)
	}
	if apivalidation.ValidateAnnotationsSize(c.UserAnnotations) != nil {
		errs = append(errs, field.TooLong(path.Child("userAnnotations"), "", apivalidation.TotalAnnotationSizeLimitB))
	}
	errs = append(errs, kind.Among(path.Child("keyType"), c.KeyType, "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")...)
	if s := c.MaxExpirationSeconds; s != nil {
		at := path.Child("maxExpirationSeconds")
		if *s < shortestCertificate {
			errs = append(errs, field.Invalid(at, *s, "if provided, maxExpirationSeconds must be >= 3600"))
		}
		if kind.OfKubernetes(c.SignerName) && *s > longestOwnCertificate {
			errs = append(errs, field.Invalid(at, *s, "if provided, maxExpirationSeconds must be <= 86400"))
		} else if *s > longestCertificate {
			errs = append(errs, field.Invalid(at, *s, "if provided, maxExpirationSeconds must be <= 7862400"))
		}
	}
	if c.CredentialBundlePath == "" && c.KeyPath == "" && c.CertificateChainPath == "" {
		errs = append(errs, field.Required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"))
	}
	return errs
}
