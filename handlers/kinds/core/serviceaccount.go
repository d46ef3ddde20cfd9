package core

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var serviceAccounts = kind.Kind{
	Group: group, Resource: "serviceaccounts",
	Strategy:     serviceAccount,
	Subresources: map[string]kind.Strategy{"token": tokenRequest},
}

// serviceAccount keeps only the names of the secrets, because the other fields of the references have no meaning.
func serviceAccount(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	clean := func(o *corev1.ServiceAccount) {
		for i, secret := range o.Secrets {
			o.Secrets[i] = corev1.ObjectReference{Name: secret.Name}
		}
	}
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *corev1.ServiceAccount) error { clean(o); return nil })
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, _ *corev1.ServiceAccount) error { clean(o); return nil })
	s.Warnings = kind.Warn(serviceAccountWarnings)
}

func serviceAccountWarnings(o, old *corev1.ServiceAccount) []string {
	const key = "kubernetes.io/enforce-mountable-secrets"
	if _, ok := o.Annotations[key]; !ok {
		return nil
	}
	if old != nil {
		if _, ok := old.Annotations[key]; ok {
			return nil
		}
	}
	return []string{kind.Said(field.NewPath("metadata", "annotations").Key(key), "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets")}
}
