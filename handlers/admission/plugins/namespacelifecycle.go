package plugins

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// NamespaceLifecycle refuses objects in namespaces that do not exist or are going away, and the deletion of the namespaces
// that a cluster cannot be without.
type NamespaceLifecycle struct {
	// Namespaces are read live: upstream has them cached, and reads again those that it misses or has seen deleted.
	Namespaces lookup.Reader
}

// immortal are the namespaces that nobody may delete.
var immortal = []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic}

// Handles implements admission.Handler: connections are made in any namespace.
func (*NamespaceLifecycle) Handles(op admission.Operation) bool { return op != admission.Connect }

// Admit refuses by the rules of the plugin; it changes nothing, but must run before plugins that read the namespace.
func (n *NamespaceLifecycle) Admit(ctx context.Context, a *admission.Attributes) error {
	isNamespace := a.Resource.Group == "" && a.Resource.Resource == "namespaces"
	if a.Operation == admission.Delete {
		if isNamespace && slices.Contains(immortal, a.Name) {
			return apierrors.NewForbidden(a.Resource.GroupResource(), a.Name, fmt.Errorf("this namespace may not be deleted"))
		}
		return nil
	}
	if isNamespace || a.Namespace == "" || a.Resource.Resource == "localsubjectaccessreviews" {
		return nil
	}
	found, err := n.Namespaces.Get(ctx, namespaces, "", a.Namespace)
	if err != nil {
		return err
	}
	ns, ok := found.(*corev1.Namespace)
	if a.Operation != admission.Create || !ok || ns.Status.Phase != "Terminating" {
		return nil
	}
	refusal := a.Forbidden(fmt.Errorf("unable to create new content in namespace %s because it is being terminated", a.Namespace))
	if status := (*apierrors.StatusError)(nil); errors.As(refusal, &status) {
		status.ErrStatus.Details.Causes = append(status.ErrStatus.Details.Causes, metav1.StatusCause{
			Type:    corev1NamespaceTerminating,
			Message: fmt.Sprintf("namespace %s is being terminated", a.Namespace),
			Field:   "metadata.namespace",
		})
	}
	return refusal
}

// corev1NamespaceTerminating is the cause by which clients recognise the refusal.
const corev1NamespaceTerminating metav1.CauseType = "NamespaceTerminating"
