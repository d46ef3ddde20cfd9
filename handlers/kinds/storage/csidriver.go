package storage

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var csiDrivers = kind.Kind{Group: group, Resource: "csidrivers", Strategy: csiDriver}

// csiDriver objects have no generation until their spec changes for the first time.
func csiDriver(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	if d.Features.Enabled("VolumeLimitScaling") {
		s.Default = kind.OnDefault(func(o *storagev1.CSIDriver) {
			if o.Spec.PreventPodSchedulingIfMissing == nil {
				o.Spec.PreventPodSchedulingIfMissing = new(bool)
			}
		})
	}
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *storagev1.CSIDriver) error {
		if !equality.Semantic.DeepEqual(o.Spec, old.Spec) {
			o.Generation = old.Generation + 1
		}
		return nil
	})
	s.Validate = kind.Check(validateDriver)
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *storagev1.CSIDriver) field.ErrorList {
		// The misspelled path is upstream's.
		return kind.Unchanged(o.Spec.AttachRequired, old.Spec.AttachRequired, spec.Child("attachedRequired"))
	})
	s.Warnings = kind.Warn(warnOfTokens)
}

// The minimum lifetime of a token, and the minimum period of nodeAllocatable updates, in seconds.
const shortestRequest, shortestPeriod = 600, 10

func validateDriver(o *storagev1.CSIDriver) (errs field.ErrorList) {
	if p := o.Spec.FSGroupPolicy; p != nil {
		errs = append(errs, kind.Among(spec.Child("fsGroupPolicy"), *p, "File", "None", "ReadWriteOnceWithFSType")...)
	}
	audiences := map[string]bool{}
	for i, t := range o.Spec.TokenRequests {
		at := spec.Child("tokenRequests").Index(i)
		if audiences[t.Audience] {
			errs = append(errs, field.Duplicate(at.Child("audience"), t.Audience))
			continue
		}
		audiences[t.Audience] = true
		if s := t.ExpirationSeconds; s != nil && *s < shortestRequest {
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *s, "may not specify a duration less than 10 minutes"))
		}
		if s := t.ExpirationSeconds; s != nil && *s > 1<<32 {
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *s, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	for _, m := range o.Spec.VolumeLifecycleModes {
		errs = append(errs, kind.Among(spec.Child("volumeLifecycleModes"), m, "Persistent", "Ephemeral")...)
	}
	if s := o.Spec.NodeAllocatableUpdatePeriodSeconds; s != nil && *s < shortestPeriod {
		errs = append(errs, field.Invalid(spec.Child("nodeAllocatableUpdatePeriodSeconds"), *s, "must be greater than or equal to 10 seconds"))
	}
	if in := o.Spec.ServiceAccountTokenInSecrets; in != nil && len(o.Spec.TokenRequests) == 0 {
		errs = append(errs, field.Invalid(spec.Child("serviceAccountTokenInSecrets"), *in, "serviceAccountTokenInSecrets is set but no tokenRequests are specified"))
	}
	return errs
}

// warnOfTokens warns of tokens in the volume context, which drivers may log.
func warnOfTokens(o, old *storagev1.CSIDriver) []string {
	if len(o.Spec.TokenRequests) == 0 || o.Spec.ServiceAccountTokenInSecrets != nil {
		return nil
	}
	if old != nil && equality.Semantic.DeepEqual(old.Spec.TokenRequests, o.Spec.TokenRequests) {
		return nil
	}
	return []string{"spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"}
}
