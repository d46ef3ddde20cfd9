package bootstrap

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	schedulingv1 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// systemCritical is the lowest priority that only the system's own classes have.
const systemCritical = 2_000_000_000

// PriorityClasses creates the two classes of the system's own pods that are missing. It changes none that exist, and does
// nothing where the API is not served.
func PriorityClasses(ctx context.Context, objects *resource.Objects, writer resource.Writer) error {
	gvr := schema.GroupVersionResource{Group: "scheduling.k8s.io", Version: "v1", Resource: "priorityclasses"}
	if objects.Registry.Get(gvr) == nil {
		return nil
	}
	for _, c := range []struct {
		name, description string
		value             int32
	}{
		{"system-node-critical", "Used for system critical pods that must not be moved from their current node.", systemCritical + 1000},
		{"system-cluster-critical", "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.", systemCritical},
	} {
		if _, err := objects.Get(ctx, gvr, "", c.name); err == nil {
			continue
		} else if !apierrors.IsNotFound(err) {
			return fmt.Errorf("priority class %s: %w", c.name, err)
		}
		class := &schedulingv1.PriorityClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
			ObjectMeta: metav1.ObjectMeta{Name: c.name}, Value: c.value, Description: c.description,
		}
		if err := writer.Create(ctx, resource.OwnWrite{Resource: gvr}, class); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("priority class %s: %w", c.name, err)
		}
	}
	return nil
}
