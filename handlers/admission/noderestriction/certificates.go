package noderestriction

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// podCertificate lets a node ask for certificates of pods that run on it. What may be a matter of time is an error of the server's,
// as upstream has it, so that the kubelet tries again.
func (r *request) podCertificate(ctx context.Context) error {
	switch {
	case !r.Enabled("PodCertificateRequest"):
		return r.refuse("PodCertificateRequest feature gate is disabled")
	case r.Operation != admission.Create:
		return r.refuse("unexpected operation %v", r.Operation)
	case r.Resource.Subresource != "":
		return r.refuse("unexpected subresource %v", r.Resource.Subresource)
	}
	asked, ok := r.Object.(*certificatesv1beta1.PodCertificateRequest)
	if !ok {
		return r.unexpected(r.Object)
	}
	s := &asked.Spec
	if s.NodeName != r.node {
		return r.refuse("PodCertificateRequest.Spec.NodeName=%q, which is not the requesting node %q", s.NodeName, r.node)
	}
	node, err := find[*corev1.Node](ctx, r, "", "node", "", s.NodeName)
	if err != nil {
		return r.missing(err, "while retrieving node %q named in the PodCertificateRequest", s.NodeName)
	}
	name := r.Namespace + "/" + s.PodName
	if string(node.UID) != s.NodeUID {
		return later("PodCertificateRequest for pod %q names node UID %q, inconsistent with the running node (%q)", name, s.NodeUID, node.UID)
	}
	pod, err := find[*corev1.Pod](ctx, r, "", "pod", r.Namespace, s.PodName)
	if err != nil {
		return r.missing(err, "while retrieving pod %q named in the PodCertificateRequest", name)
	}
	_, isMirror := pod.Annotations[mirror]
	switch {
	case s.PodUID != string(pod.UID):
		return later("PodCertificateRequest for pod %q contains pod UID (%q) which differs from running pod %q", name, s.PodUID, string(pod.UID))
	case pod.Spec.NodeName != s.NodeName:
		return r.refuse("pod %q is not running on node %q named in the PodCertificateRequest", name, s.NodeName)
	case isMirror:
		return r.refuse("pod %q is a mirror pod", name)
	case s.ServiceAccountName != pod.Spec.ServiceAccountName:
		return r.refuse("PodCertificateRequest for pod %q contains serviceAccountName (%q) that differs from running pod (%q)", name, s.ServiceAccountName, pod.Spec.ServiceAccountName)
	}
	account, err := find[*corev1.ServiceAccount](ctx, r, "", "serviceaccount", r.Namespace, s.ServiceAccountName)
	if err != nil {
		return r.missing(err, "while retrieving service account %q named in the PodCertificateRequest", r.Namespace+"/"+s.ServiceAccountName)
	}
	if s.ServiceAccountUID != string(account.UID) {
		return later("PodCertificateRequest for pod %q names service account UID %q, which differs from the running service account (%q)", name, s.ServiceAccountUID, account.UID)
	}
	return nil
}

// missing is a matter of time when the object is not there, and a refusal when it cannot be read.
func (r *request) missing(err error, format string, a ...any) error {
	what := fmt.Sprintf(format, a...)
	if apierrors.IsNotFound(err) {
		return later("%s: %v", what, err)
	}
	return r.refuse("%s: %w", what, err)
}

// later is a 500 that is no fault of the server's: what is named may come, or come to agree.
func later(format string, a ...any) error {
	return resource.ClientFault{Err: fmt.Errorf(format, a...)}
}
