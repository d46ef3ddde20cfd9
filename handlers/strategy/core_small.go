package strategy

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const mountableSecrets = "kubernetes.io/enforce-mountable-secrets"

// serviceAccounts keeps only the names of the secrets: the rest of the references has never meant anything.
func serviceAccounts(_ *Deps, _ resources.Row, s *resource.Strategy) {
	clean := func(o *corev1.ServiceAccount) {
		for i, secret := range o.Secrets {
			o.Secrets[i] = corev1.ObjectReference{Name: secret.Name}
		}
	}
	s.PrepareForCreate = onCreate(func(_ context.Context, o *corev1.ServiceAccount) error { clean(o); return nil })
	s.PrepareForUpdate = onUpdate(func(_ context.Context, o, _ *corev1.ServiceAccount) error { clean(o); return nil })
	s.Warnings = func(_ context.Context, o, old object.Object) []string {
		if _, ok := o.GetAnnotations()[mountableSecrets]; !ok {
			return nil
		}
		if old != nil {
			if _, ok := old.GetAnnotations()[mountableSecrets]; ok {
				return nil
			}
		}
		return []string{fmt.Sprintf("metadata.annotations[%s]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets", mountableSecrets)}
	}
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
