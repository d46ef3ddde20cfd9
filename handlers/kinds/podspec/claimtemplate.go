package podspec

import (
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// claimTemplate is what a volume makes a claim from: its metadata is labels and annotations, the rest is the pod's to say.
func claimTemplate(t *corev1.PersistentVolumeClaimTemplate, path *field.Path) field.ErrorList {
	meta := path.Child("metadata")
	errs := metavalidation.ValidateLabels(t.Labels, meta.Child("labels"))
	errs = append(errs, validation.ValidateAnnotations(t.Annotations, meta.Child("annotations"))...)
	errs = append(errs, nothingElse(&t.ObjectMeta, meta)...)
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

func nothingElse(m *metav1.ObjectMeta, path *field.Path) (errs field.ErrorList) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"name", m.Name != ""}, {"generateName", m.GenerateName != ""}, {"namespace", m.Namespace != ""}, {"selfLink", m.SelfLink != ""}, {"uid", m.UID != ""},
		{"resourceVersion", m.ResourceVersion != ""}, {"generation", m.Generation != 0}, {"creationTimestamp", !m.CreationTimestamp.IsZero()},
		{"deletionTimestamp", m.DeletionTimestamp != nil}, {"deletionGracePeriodSeconds", m.DeletionGracePeriodSeconds != nil},
		{"ownerReferences", len(m.OwnerReferences) > 0}, {"finalizers", len(m.Finalizers) > 0}, {"managedFields", len(m.ManagedFields) > 0},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), "cannot be set"))
		}
	}
	return errs
}

// ClaimSources are what the volume of a claim begins with.
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
