package plugins

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// What plugins look up.
var (
	namespaces      = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	nodes           = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
	podsResource    = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	storageClasses  = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}
	ingressClasses  = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingressclasses"}
	runtimeClasses  = schema.GroupVersionResource{Group: "node.k8s.io", Version: "v1", Resource: "runtimeclasses"}
	priorityClasses = schema.GroupVersionResource{Group: "scheduling.k8s.io", Version: "v1", Resource: "priorityclasses"}
	podGroups       = schema.GroupVersionResource{Group: "scheduling.k8s.io", Version: "v1alpha2", Resource: "podgroups"}
	workloads       = schema.GroupVersionResource{Group: "scheduling.k8s.io", Version: "v1alpha2", Resource: "workloads"}
)

// podOf is the pod that a request is about. Another object would be a fault of the server, and must not come through unlooked at.
func podOf(o object.Object) (*corev1.Pod, error) {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return nil, apierrors.NewBadRequest("Resource was marked with kind Pod but was unable to be converted")
	}
	return pod, nil
}

// unexpected is the reason to refuse an object of another type than its resource has.
func unexpected(kind string, o object.Object) error {
	return fmt.Errorf("expected type %s, got: %T", kind, o)
}

// visit calls f with each container of a pod, of all three lists, and where it stands; f returns false to stop.
func visit(spec *corev1.PodSpec, f func(c container) bool) {
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if !f(container{"initContainers", i, c.Image, &c.ImagePullPolicy}) {
			return
		}
	}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if !f(container{"containers", i, c.Image, &c.ImagePullPolicy}) {
			return
		}
	}
	for i := range spec.EphemeralContainers {
		c := &spec.EphemeralContainers[i]
		if !f(container{"ephemeralContainers", i, c.Image, &c.ImagePullPolicy}) {
			return
		}
	}
}

// container is what the three types of containers have in common for the plugins.
type container struct {
	list       string
	index      int
	image      string
	pullPolicy *string
}
