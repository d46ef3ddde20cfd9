package noderestriction

import (
	"crypto/x509"
	"encoding/pem"
	"errors"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/diff"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// claim lets a node tell how large a claim's volume has become, and nothing else of the claim.
func (r *request) claim() error {
	if r.Resource.Subresource != "status" {
		return r.refuse("may only update PVC status")
	}
	if r.Operation != admission.Update {
		return r.refuse("unexpected operation %q", r.Operation)
	}
	old, ok := r.Old.(*corev1.PersistentVolumeClaim)
	if !ok {
		return r.unexpected(r.Old)
	}
	claim, ok := r.Object.(*corev1.PersistentVolumeClaim)
	if !ok {
		return r.unexpected(r.Object)
	}
	old, claim = old.DeepCopy(), claim.DeepCopy()
	for _, c := range []*corev1.PersistentVolumeClaim{old, claim} {
		c.ResourceVersion, c.ManagedFields = "", nil
		c.Status.Capacity, c.Status.Conditions, c.Status.AllocatedResourceStatuses, c.Status.AllocatedResources = nil, nil, nil, nil
	}
	if !equality.Semantic.DeepEqual(old, claim) {
		return r.refuse("node %q is not allowed to update fields other than status.quantity and status.conditions: %v", r.node, diff.Diff(old, claim))
	}
	return nil
}

func (r *request) lease() error {
	if r.Namespace != "kube-node-lease" {
		return r.refuse("can only access leases in the %q system namespace", "kube-node-lease")
	}
	if r.objectName() != r.node {
		return r.refuse("can only access node lease with the same name as the requesting node")
	}
	return nil
}

func (r *request) csiNode() error {
	if r.objectName() != r.node {
		return r.refuse("can only access CSINode with the same name as the requesting node")
	}
	return nil
}

// objectName is the name that a new object has, and else that of the request.
func (r *request) objectName() string {
	if r.Operation == admission.Create && r.Object != nil {
		return r.Object.GetName()
	}
	return r.Name
}

// slice holds new and removed resource slices to the node; the node authorizer sees to the others.
func (r *request) slice() error {
	switch r.Operation {
	case admission.Create:
		node, ok := nodeOfSlice(r.Object)
		switch {
		case !ok:
			return r.unexpected(r.Object)
		case node == nil || *node != r.node:
			return r.refuse("can only create ResourceSlice with the same NodeName as the requesting node")
		}
	case admission.Delete:
		node, ok := nodeOfSlice(r.Old)
		switch {
		case !ok:
			return r.unexpected(r.Old)
		case node == nil || *node != r.node:
			return r.refuse("can only delete ResourceSlice with the same NodeName as the requesting node")
		}
	}
	return nil
}

func nodeOfSlice(o object.Object) (node *string, ok bool) {
	switch s := o.(type) {
	case *resourcev1.ResourceSlice:
		return s.Spec.NodeName, true
	case *resourcev1beta2.ResourceSlice:
		return s.Spec.NodeName, true
	case *resourcev1beta1.ResourceSlice:
		if s.Spec.NodeName == "" {
			return nil, true
		}
		return &s.Spec.NodeName, true
	}
	return nil, false
}

// The signers of a kubelet's certificates.
const (
	servingSigner = "kubernetes.io/kubelet-serving"
	clientSigner  = "kubernetes.io/kube-apiserver-client-kubelet"
)

var errNoRequest = errors.New("PEM block type must be CERTIFICATE REQUEST")

// signing lets a node ask for kubelet certificates in its own name only.
func (r *request) signing() error {
	if r.Operation != admission.Create || r.Enabled("AllowInsecureKubeletCertificateSigningRequests") {
		return nil
	}
	csr, ok := r.Object.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return r.unexpected(r.Object)
	}
	if csr.Spec.SignerName != servingSigner && csr.Spec.SignerName != clientSigner {
		return nil
	}
	block, _ := pem.Decode(csr.Spec.Request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return r.refuse("unable to parse csr: %w", errNoRequest)
	}
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return r.refuse("unable to parse csr: %w", err)
	}
	if parsed.Subject.CommonName != "system:node:"+r.node {
		return r.refuse("can only create a node CSR with CN=system:node:%s", r.node)
	}
	return nil
}
