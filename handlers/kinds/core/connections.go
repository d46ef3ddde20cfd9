package core

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// connection serves a subresource that proxies to a kubelet, pod or service. Requests that upstream refuses before it connects are
// refused in the same words. Connecting itself is not implemented.
type connection struct {
	deps *kind.Deps
	row  resources.Row
	// refuse validates the request against the object; answered is set when the response is written.
	refuse func(w http.ResponseWriter, query url.Values, o object.Object) (answered bool, err error)
}

func proxy(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Connector = connection{deps: d, row: row}
}

// Connect implements resource.Connector.
func (c connection) Connect(w http.ResponseWriter, r *http.Request, to resource.Connection) error {
	name := to.Name
	if c.row.Subresource == "proxy" { // the name may have a scheme and a port: https:web:443
		var valid bool
		if _, name, _, valid = utilnet.SplitSchemeNamePort(to.Name); !valid {
			return apierrors.NewBadRequest(fmt.Sprintf("invalid %s request %q", strings.TrimSuffix(c.row.Resource, "s"), to.Name))
		}
	}
	o, err := c.deps.Objects.Get(r.Context(), kind.CoreV1(c.row.Resource), to.Namespace, name)
	if err != nil {
		return err
	}
	if c.refuse != nil {
		if answered, err := c.refuse(w, to.Query, o); answered || err != nil {
			return err
		}
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotImplemented, Reason: metav1.StatusReasonMethodNotAllowed,
		Message: fmt.Sprintf("%s/%s is not served here yet", c.row.Resource, c.row.Subresource),
		Details: &metav1.StatusDetails{Name: to.Name, Kind: c.row.Resource},
	}}
}

// podLog is the empty log of a pod without a node.
func podLog(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Connector = connection{d, row, func(w http.ResponseWriter, query url.Values, o object.Object) (bool, error) {
		pod, ok := o.(*corev1.Pod)
		if !ok {
			return false, kind.WrongType(o)
		}
		if err := hasContainer(pod, query.Get("container")); err != nil || pod.Spec.NodeName != "" {
			return false, err
		}
		w.WriteHeader(http.StatusNoContent)
		return true, nil
	}}
}

// podStream is exec and attach.
func podStream(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Connector = connection{d, row, func(_ http.ResponseWriter, query url.Values, o object.Object) (bool, error) {
		pod, ok := o.(*corev1.Pod)
		if !ok {
			return false, kind.WrongType(o)
		}
		if err := hasContainer(pod, query.Get("container")); err != nil {
			return false, err
		}
		return false, hasHost(pod)
	}}
}

func podForward(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Connector = connection{d, row, func(_ http.ResponseWriter, _ url.Values, o object.Object) (bool, error) {
		pod, ok := o.(*corev1.Pod)
		if !ok {
			return false, kind.WrongType(o)
		}
		return false, hasHost(pod)
	}}
}

func hasHost(pod *corev1.Pod) error {
	if pod.Spec.NodeName == "" {
		return apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", pod.Name))
	}
	return nil
}

// hasContainer refuses an unknown container name. Without a name the pod must have a single container.
func hasContainer(pod *corev1.Pod, name string) error {
	var names []string
	for i := range pod.Spec.InitContainers {
		names = append(names, pod.Spec.InitContainers[i].Name)
	}
	for i := range pod.Spec.Containers {
		names = append(names, pod.Spec.Containers[i].Name)
	}
	for i := range pod.Spec.EphemeralContainers {
		names = append(names, pod.Spec.EphemeralContainers[i].Name)
	}
	if name != "" {
		for _, known := range names {
			if known == name {
				return nil
			}
		}
		return apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
	}
	switch len(pod.Spec.Containers) {
	case 0:
		return apierrors.NewBadRequest("a container name must be specified for pod " + pod.Name)
	case 1:
		return nil
	}
	return apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: %s", pod.Name, names))
}
