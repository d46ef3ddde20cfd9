package strategy

import (
	"fmt"
	"slices"
	"strings"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"
)

const shortestRequest = 600

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
