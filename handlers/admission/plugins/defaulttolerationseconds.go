package plugins

import (
	"context"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// DefaultTolerationSeconds lets pods stay for some minutes on a node that is not ready or cannot be reached.
type DefaultTolerationSeconds struct {
	admission.On
	notReady, unreachable int64
}

func newDefaultTolerationSeconds(d *Deps) any {
	return &DefaultTolerationSeconds{admission.On{admission.Create, admission.Update}, d.Settings.NotReadySeconds(), d.Settings.UnreachableSeconds()}
}

// Admit implements admission.Mutator.
func (p *DefaultTolerationSeconds) Admit(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "pods") {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	given := pod.Spec.Tolerations
	for _, taint := range []struct {
		key     string
		seconds int64
	}{{nodeNotReady, p.notReady}, {nodeUnreachable, p.unreachable}} {
		if !tolerates(given, taint.key) {
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: taint.key, Operator: "Exists", Effect: noExecute, TolerationSeconds: &taint.seconds})
		}
	}
	return nil
}

// tolerates says whether something is said about a taint that evicts, for however long.
func tolerates(list []corev1.Toleration, key string) bool {
	for _, t := range list {
		if (t.Key == key || t.Key == "") && (t.Effect == noExecute || t.Effect == "") {
			return true
		}
	}
	return false
}
