package podspec

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// claimTemplate validates the claim template of an ephemeral volume. Its metadata may have labels and annotations only.
func claimTemplate(t *corev1.PersistentVolumeClaimTemplate, path *field.Path) field.ErrorList {
	errs := kind.ClaimMeta(&t.ObjectMeta, path.Child("metadata"))
	at := path.Child("spec")
	if q, ok := t.Spec.Resources.Requests["storage"]; ok && q.Sign() <= 0 {
		errs = append(errs, field.Invalid(at.Child("resources").Key("storage"), q.String(), "must be greater than zero"))
	}
	errs = append(errs, ClaimSources(&t.Spec, at)...)
	if c := t.Spec.VolumeAttributesClassName; c != nil && *c != "" {
		errs = append(errs, kind.DNSName(at.Child("volumeAttributesClassName"), *c)...)
	}
	return errs
}

// ClaimSources validates dataSource and dataSourceRef of a claim.
func ClaimSources(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) (errs field.ErrorList) {
	if s := spec.DataSource; s != nil {
		errs = append(errs, dataSource(s.APIGroup, s.Kind, s.Name, path.Child("dataSource"))...)
	}
	if s := spec.DataSourceRef; s != nil {
		at := path.Child("dataSourceRef")
		errs = append(errs, dataSource(s.APIGroup, s.Kind, s.Name, at)...)
		if s.Namespace != nil && *s.Namespace != "" {
			errs = append(errs, kind.DNSLabel(at.Child("namespace"), *s.Namespace)...)
		}
	}
	return errs
}

func dataSource(group *string, refKind, name string, path *field.Path) (errs field.ErrorList) {
	if name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	if refKind == "" {
		errs = append(errs, field.Required(path.Child("kind"), ""))
	}
	if core := group == nil || *group == ""; core && refKind != "PersistentVolumeClaim" {
		errs = append(errs, field.Invalid(path, refKind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
	} else if !core {
		errs = append(errs, kind.DNSName(path.Child("apiGroup"), *group)...)
	}
	return errs
}
