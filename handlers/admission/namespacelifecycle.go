package admission

import (
	"context"
	"fmt"
	"slices"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// NamespaceGetter reads a namespace; a NotFound API error when there is none.
type NamespaceGetter interface {
	Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error)
}

// NamespaceLifecycle refuses objects in namespaces that do not exist or are going away, and the deletion of the namespaces
// that a cluster cannot be without.
type NamespaceLifecycle struct {
	Namespaces NamespaceGetter
}

// immortal are the namespaces that nobody may delete.
var immortal = []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic}

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// Admit refuses by the rules of the plugin; it changes nothing, but must run before plugins that read the namespace.
func (n NamespaceLifecycle) Admit(ctx context.Context, a *Attributes) error {
	isNamespace := a.Resource.Group == "" && a.Resource.Resource == "namespaces"
	if a.Operation == Delete {
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
	if a.Operation != Create || !ok || ns.Status.Phase != "Terminating" {
		return nil
	}
	refusal := apierrors.NewForbidden(a.Resource.GroupResource(), a.Name, fmt.Errorf("unable to create new content in namespace %s because it is being terminated", a.Namespace))
	refusal.ErrStatus.Details.Causes = append(refusal.ErrStatus.Details.Causes, metav1.StatusCause{
		Type:    corev1NamespaceTerminating,
		Message: fmt.Sprintf("namespace %s is being terminated", a.Namespace),
		Field:   "metadata.namespace",
	})
	return refusal
}

// corev1NamespaceTerminating is the cause by which clients recognise the refusal.
const corev1NamespaceTerminating metav1.CauseType = "NamespaceTerminating"
