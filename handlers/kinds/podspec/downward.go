package podspec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// The fields of the downward API, for variables and for volumes.
var (
	envFields = []string{"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"}
	volumeFields    = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"}
	otherFields     = []string{"spec.restartPolicy", "spec.schedulerName", "status.phase"}
	resourceFields  = []string{"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"}
	divisorsOfBytes = []string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
)

func envField(s *corev1.ObjectFieldSelector, path *field.Path) field.ErrorList {
	return fieldSelector(s, envFields, path)
}

func volumeField(s *corev1.ObjectFieldSelector, path *field.Path) field.ErrorList {
	return fieldSelector(s, volumeFields, path)
}

func fieldSelector(s *corev1.ObjectFieldSelector, allowed []string, path *field.Path) field.ErrorList {
	at := path.Child("fieldPath")
	switch {
	case s.APIVersion == "":
		return field.ErrorList{field.Required(path.Child("apiVersion"), "")}
	case s.FieldPath == "":
		return field.ErrorList{field.Required(at, "")}
	case s.APIVersion != "v1":
		return field.ErrorList{field.Invalid(at, s.FieldPath, "error converting fieldPath: unsupported pod version: "+s.APIVersion)}
	}
	name, key, subscript := cutSubscript(s.FieldPath)
	if subscript {
		switch name {
		case "metadata.annotations":
			return kind.Qualified(path, strings.ToLower(key))
		case "metadata.labels":
			return kind.Qualified(path, key)
		}
		return field.ErrorList{field.Invalid(at, s.FieldPath, "error converting fieldPath: field label does not support subscript: "+s.FieldPath)}
	}
	if name == "spec.host" { // the old name
		name = "spec.nodeName"
	}
	if slices.Contains(allowed, name) {
		return nil
	}
	if !slices.Contains(envFields, name) && !slices.Contains(volumeFields, name) && !slices.Contains(otherFields, name) {
		return field.ErrorList{field.Invalid(at, s.FieldPath, "error converting fieldPath: field label not supported: "+s.FieldPath)}
	}
	return field.ErrorList{field.NotSupported(at, name, allowed)}
}

// cutSubscript splits metadata.labels['key'].
func cutSubscript(s string) (name, key string, ok bool) {
	inner, ok := strings.CutSuffix(s, "']")
	if !ok {
		return s, "", false
	}
	name, key, ok = strings.Cut(inner, "['")
	if !ok || name == "" {
		return s, "", false
	}
	return name, key, true
}

func envResource(s *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	return resourceSelector(s, false, path)
}

func volumeResource(s *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	return resourceSelector(s, true, path)
}

func resourceSelector(s *corev1.ResourceFieldSelector, volume bool, path *field.Path) (errs field.ErrorList) {
	pages := strings.HasPrefix(s.Resource, "requests.hugepages-") || strings.HasPrefix(s.Resource, "limits.hugepages-")
	switch {
	case volume && s.ContainerName == "":
		errs = append(errs, field.Required(path.Child("containerName"), ""))
	case s.Resource == "":
		errs = append(errs, field.Required(path.Child("resource"), ""))
	case !pages && !slices.Contains(resourceFields, s.Resource):
		errs = append(errs, field.NotSupported(path.Child("resource"), s.Resource, resourceFields))
	}
	if s.Divisor.IsZero() {
		return errs
	}
	allowed, phrase := divisorsOfBytes, "values "+strings.Join(divisorsOfBytes, ", ")
	var of string
	switch _, name, _ := strings.Cut(s.Resource, "."); {
	case name == "cpu":
		allowed, phrase, of = []string{"1m", "1"}, "values 1m and 1", "cpu"
	case name == "memory":
		of = "memory"
	case name == "ephemeral-storage":
		of = "local ephemeral storage"
	case pages:
		of = "hugepages"
	default:
		return errs
	}
	if !slices.Contains(allowed, s.Divisor.String()) {
		errs = append(errs, field.Invalid(path.Child("divisor"), s.Resource, "only divisor's "+phrase+" are supported with the "+of+" resource"))
	}
	return errs
}

// tokenProjection reports the path at the volume, one level above the source.
func tokenProjection(p *corev1.ServiceAccountTokenProjection, path *field.Path) (errs field.ErrorList) {
	const least, most = 10 * 60, 1 << 32
	if p.ExpirationSeconds != nil {
		at := path.Child("expirationSeconds")
		if *p.ExpirationSeconds < least {
			errs = append(errs, field.Invalid(at, *p.ExpirationSeconds, "may not specify a duration less than 10 minutes"))
		}
		if *p.ExpirationSeconds > most {
			errs = append(errs, field.Invalid(at, *p.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	at := field.NewPath("path")
	if projected, _, ok := strings.Cut(path.String(), ".sources["); ok {
		at = field.NewPath(projected).Child("path")
	}
	if p.Path == "" {
		return append(errs, field.Required(at, ""))
	}
	for _, msg := range rules.LocalPath(p.Path) {
		errs = append(errs, field.Invalid(at, p.Path, msg))
	}
	return errs
}
