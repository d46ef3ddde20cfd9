package strategy

import (
	"context"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// serviceAccounts keeps only the names of the secrets: the rest of the references has never meant anything.
func serviceAccounts(_ *Deps, _ resources.Row, s *resource.Strategy) {
	clean := func(o *corev1.ServiceAccount) {
		for i, secret := range o.Secrets {
			o.Secrets[i] = corev1.ObjectReference{Name: secret.Name}
		}
	}
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, o *corev1.ServiceAccount) error { clean(o); return nil })
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, _ *corev1.ServiceAccount) error { clean(o); return nil })
}

// limitRanges need no name.
func limitRanges(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.NewName = func(object.Object) string { return string(uuid.NewUUID()) }
}

func resourceQuotas(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = checkUpdate(func(o, old *corev1.ResourceQuota) field.ErrorList {
		path := field.NewPath("spec", "scopes")
		now, was := map[string]bool{}, map[string]bool{}
		for _, x := range o.Spec.Scopes {
			now[x] = true
		}
		for _, x := range old.Spec.Scopes {
			was[x] = true
		}
		if len(now) != len(was) {
			return field.ErrorList{field.Invalid(path, o.Spec.Scopes, immutable)}
		}
		for x := range now {
			if !was[x] {
				return field.ErrorList{field.Invalid(path, o.Spec.Scopes, immutable)}
			}
		}
		return nil
	})
}
