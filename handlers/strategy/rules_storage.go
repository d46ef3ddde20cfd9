package strategy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
)

func volumeSpec(o *corev1.PersistentVolume) (errs field.ErrorList) {
	s := &o.Spec
	if len(s.AccessModes) == 0 {
		errs = append(errs, field.Required(spec.Child("accessModes"), ""))
	}
	at := spec.Child("capacity")
	if len(s.Capacity) == 0 {
		errs = append(errs, field.Required(at, ""))
	}
	if _, ok := s.Capacity["storage"]; !ok || len(s.Capacity) > 1 {
		errs = append(errs, field.NotSupported(at, any(s.Capacity), []string{"storage"}))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Capacity)) {
		if q := s.Capacity[name]; q.Sign() <= 0 {
			if q.Sign() < 0 {
				errs = append(errs, field.Invalid(at.Key(name), q.Value(), "must be a valid resource quantity"))
			}
			errs = append(errs, field.Invalid(at.Key(name), q.String(), "must be greater than zero"))
		}
	}
	at = spec.Child("nodeAffinity")
	if s.NodeAffinity != nil && s.NodeAffinity.Required == nil {
		errs = append(errs, field.Required(at.Child("required"), "must specify required node constraints"))
	}
	if s.Local != nil {
		if s.Local.Path == "" {
			errs = append(errs, field.Required(spec.Child("local", "path"), ""))
		}
		if s.NodeAffinity == nil {
			errs = append(errs, field.Required(at, "Local volume requires node affinity"))
		}
	}
	if s.CSI != nil {
		errs = append(errs, csiParts(s.CSI, spec.Child("csi"))...)
	}
	return errs
}

// volumeClass comes after what a volume is.
func volumeClass(o *corev1.PersistentVolume) (errs field.ErrorList) {
	s := &o.Spec
	if c := s.VolumeAttributesClassName; c != nil {
		at := spec.Child("volumeAttributesClassName")
		if *c == "" {
			errs = append(errs, field.Required(at, "an empty string is disallowed"))
		} else {
			errs = append(errs, dnsName(at, *c)...)
		}
		if s.CSI == nil {
			errs = append(errs, field.Required(spec.Child("csi"), "has to be specified when using volumeAttributesClassName"))
		}
	}
	return errs
}

func csiParts(s *corev1.CSIPersistentVolumeSource, path *field.Path) field.ErrorList {
	errs := driverTitle(path.Child("driver"), s.Driver)
	if s.VolumeHandle == "" {
		errs = append(errs, field.Required(path.Child("volumeHandle"), ""))
	}
	for _, r := range []struct {
		name string
		ref  *corev1.SecretReference
	}{{"controllerPublishSecretRef", s.ControllerPublishSecretRef}, {"controllerExpandSecretRef", s.ControllerExpandSecretRef},
		{"nodePublishSecretRef", s.NodePublishSecretRef}, {"nodeExpandSecretRef", s.NodeExpandSecretRef}} {
		if r.ref != nil {
			errs = append(errs, needed(path.Child(r.name, "name"), r.ref.Name, dnsName)...)
			errs = append(errs, needed(path.Child(r.name, "namespace"), r.ref.Namespace, dnsLabel)...)
		}
	}
	return errs
}

func claimParts(o *corev1.PersistentVolumeClaim) (errs field.ErrorList) {
	if s := o.Spec.DataSource; s != nil {
		errs = append(errs, dataSource(s.APIGroup, s.Kind, s.Name, spec.Child("dataSource"))...)
	}
	if s := o.Spec.DataSourceRef; s != nil {
		at := spec.Child("dataSourceRef")
		errs = append(errs, dataSource(s.APIGroup, s.Kind, s.Name, at)...)
		if s.Namespace != nil && *s.Namespace != "" {
			errs = append(errs, dnsLabel(at.Child("namespace"), *s.Namespace)...)
		}
	}
	if c := o.Spec.VolumeAttributesClassName; c != nil && *c != "" {
		errs = append(errs, dnsName(spec.Child("volumeAttributesClassName"), *c)...)
	}
	return errs
}

func dataSource(group *string, kind, name string, path *field.Path) (errs field.ErrorList) {
	if name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	if kind == "" {
		errs = append(errs, field.Required(path.Child("kind"), ""))
	}
	if core := group == nil || *group == ""; core && kind != "PersistentVolumeClaim" {
		errs = append(errs, field.Invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
	} else if !core {
		errs = append(errs, dnsName(path.Child("apiGroup"), *group)...)
	}
	return errs
}

const maxDriver, shortestRequest = 63, 600

// driverTitle is the name of a driver: a domain, whatever its case.
func driverTitle(path *field.Path, name string) (errs field.ErrorList) {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	if len(name) > maxDriver {
		errs = append(errs, field.TooLong(path, "", maxDriver))
	}
	for _, e := range dnsName(path, strings.ToLower(name)) {
		errs = append(errs, field.Invalid(path, name, e.Detail))
	}
	return errs
}

func attachmentParts(o *storagev1.VolumeAttachment) field.ErrorList {
	errs := driverTitle(spec.Child("attacher"), o.Spec.Attacher)
	at, source := spec.Child("source"), &o.Spec.Source
	switch name := source.PersistentVolumeName; {
	case source.InlineVolumeSpec == nil && name == nil:
		errs = append(errs, field.Required(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case source.InlineVolumeSpec != nil && name != nil:
		errs = append(errs, field.Forbidden(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case name != nil:
		if *name == "" {
			errs = append(errs, field.Required(at.Child("persistentVolumeName"), "must specify non empty persistentVolumeName"))
		}
		errs = append(errs, dnsName(at.Child("persistentVolumeName"), *name)...)
	}
	return append(errs, dnsName(spec.Child("nodeName"), o.Spec.NodeName)...)
}

func driverParts(o *storagev1.CSIDriver) (errs field.ErrorList) {
	for _, m := range o.Spec.VolumeLifecycleModes {
		errs = append(errs, among(spec.Child("volumeLifecycleModes"), m, "Persistent", "Ephemeral")...)
	}
	if p := o.Spec.FSGroupPolicy; p != nil {
		errs = append(errs, among(spec.Child("fsGroupPolicy"), *p, "File", "None", "ReadWriteOnceWithFSType")...)
	}
	audiences := map[string]bool{}
	for i, t := range o.Spec.TokenRequests {
		at := spec.Child("tokenRequests").Index(i)
		if audiences[t.Audience] {
			errs = append(errs, field.Duplicate(at.Child("audience"), t.Audience))
		}
		audiences[t.Audience] = true
		if s := t.ExpirationSeconds; s != nil && *s < shortestRequest {
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *s, "may not specify a duration less than 10 minutes"))
		}
		if s := t.ExpirationSeconds; s != nil && *s > 1<<32 {
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *s, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	return errs
}

func storageClassParts(o *storagev1.StorageClass) (errs field.ErrorList) {
	at := field.NewPath("provisioner")
	if o.Provisioner == "" {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = append(errs, qualified(at, strings.ToLower(o.Provisioner))...)
	}
	if p := o.ReclaimPolicy; p != nil && *p != "" && *p != "Delete" && *p != "Retain" {
		errs = append(errs, field.NotSupported(field.NewPath("reclaimPolicy"), *p, []string{"Delete", "Retain"}))
	}
	seen := map[string]bool{}
	for i, t := range o.AllowedTopologies {
		path := field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions")
		terms := map[string][]string{}
		for j, e := range t.MatchLabelExpressions {
			term := path.Index(j)
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
			errs = append(errs, faultsOfKey(term.Child("key"), e.Key)...)
			if _, twice := terms[e.Key]; twice {
				errs = append(errs, field.Duplicate(term.Child("key"), e.Key))
			}
			terms[e.Key] = slices.Sorted(slices.Values(e.Values))
		}
		// A term without expressions is taken for the one before the first, which has none either.
		key := fmt.Sprintf("%q", terms) // keys in order
		if len(terms) == 0 || seen[key] {
			errs = append(errs, field.Duplicate(path, ""))
		}
		seen[key] = true
	}
	return errs
}

func faultsOfKey(path *field.Path, key string) field.ErrorList {
	return metavalidation.ValidateLabelName(key, path)
}

func runtimeClassParts(o *nodev1.RuntimeClass) field.ErrorList {
	errs := needed(field.NewPath("handler"), o.Handler, dnsLabel)
	if o.Scheduling == nil {
		return errs
	}
	at := field.NewPath("scheduling")
	errs = append(errs, metavalidation.ValidateLabels(o.Scheduling.NodeSelector, at.Child("nodeSelector"))...)
	list := at.Child("tolerations")
	seen := make(map[corev1.Toleration]bool, len(o.Scheduling.Tolerations))
	for i, t := range o.Scheduling.Tolerations {
		if seen[t] {
			errs = append(errs, field.Duplicate(list.Index(i), display(t)))
		}
		seen[t] = true
	}
	return errs
}
