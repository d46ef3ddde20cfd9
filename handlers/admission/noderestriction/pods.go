package noderestriction

import (
	"context"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// mirror is the annotation of pods that stand for those of a kubelet's files.
const mirror = "kubernetes.io/config.mirror"

// pod lets a node create and delete mirror pods of its own, set the status of pods that are bound to it, and evict those.
func (r *request) pod(ctx context.Context) error {
	switch r.Resource.Subresource {
	case "":
		switch r.Operation {
		case admission.Create:
			return r.mirrorPod(ctx)
		case admission.Delete:
			return r.deletedPod(ctx)
		}
		return r.refuse("unexpected operation %q, node %q can only create and delete mirror pods", r.Operation, r.node)
	case "status":
		return r.podStatus()
	case "eviction":
		return r.eviction(ctx)
	}
	return r.refuse("unexpected pod subresource %q, only 'status' and 'eviction' are allowed", r.Resource.Subresource)
}

func (r *request) deletedPod(ctx context.Context) error {
	pod, ok := r.Old.(*corev1.Pod)
	if !ok {
		var err error
		if pod, err = r.findPod(ctx, r.Name); err != nil {
			return err
		}
	}
	if pod.Spec.NodeName != r.node {
		return r.refuse("node %q can only delete pods with spec.nodeName set to itself", r.node)
	}
	return nil
}

// mirrorPod must be the node's own and must not lead to anything else: the node authorizer gives a node all that its pods name.
func (r *request) mirrorPod(ctx context.Context) error {
	pod, ok := r.Object.(*corev1.Pod)
	if !ok {
		return r.unexpected(r.Object)
	}
	if _, is := pod.Annotations[mirror]; !is {
		return r.refuse("pod does not have %q annotation, node %q can only create mirror pods", mirror, r.node)
	}
	if pod.Spec.NodeName != r.node {
		return r.refuse("node %q can only create pods with spec.nodeName set to itself", r.node)
	}
	if err := r.owned(ctx, pod); err != nil {
		return err
	}
	what, err := referenced(pod)
	if err != nil {
		return r.refuse("error checking mirror pod for API references: %w", err)
	}
	if what != "" {
		return r.refuse("node %q can not create pods that reference %s", r.node, what)
	}
	return nil
}

// owned refuses a pod whose one owner is not the node.
func (r *request) owned(ctx context.Context, pod *corev1.Pod) error {
	switch len(pod.OwnerReferences) {
	case 0:
		return r.refuse("node %q can only create pods with an owner reference set to itself", r.node)
	case 1:
	default:
		return r.refuse("node %q can only create pods with a single owner reference set to itself", r.node)
	}
	owner := pod.OwnerReferences[0]
	switch {
	case owner.APIVersion != "v1" || owner.Kind != "Node" || owner.Name != r.node:
		return r.refuse("node %q can only create pods with an owner reference set to itself", r.node)
	case owner.Controller == nil || !*owner.Controller:
		return r.refuse("node %q can only create pods with a controller owner reference set to itself", r.node)
	case owner.BlockOwnerDeletion != nil && *owner.BlockOwnerDeletion:
		return r.refuse("node %q must not set blockOwnerDeletion on an owner reference", r.node)
	}
	node, err := find[*corev1.Node](ctx, r, "", "node", "", r.node)
	switch {
	case apierrors.IsNotFound(err):
		return err
	case err != nil:
		return r.refuse("error looking up node %s to verify uid: %w", r.node, err)
	case owner.UID != node.UID:
		return r.refuse("node %s UID mismatch: expected %s got %s", r.node, owner.UID, node.UID)
	}
	return nil
}

func (r *request) podStatus() error {
	if r.Operation != admission.Update {
		return r.refuse("unexpected operation %q", r.Operation)
	}
	old, ok := r.Old.(*corev1.Pod)
	if !ok {
		return r.unexpected(r.Old)
	}
	if old.Spec.NodeName != r.node {
		return r.refuse("node %q can only update pod status for pods with spec.nodeName set to itself", r.node)
	}
	pod, ok := r.Object.(*corev1.Pod)
	switch {
	case !ok:
		return r.unexpected(r.Object)
	case !maps.Equal(old.Labels, pod.Labels):
		return r.refuse("node %q cannot update labels through pod status", r.node)
	case !slices.EqualFunc(old.Status.ResourceClaimStatuses, pod.Status.ResourceClaimStatuses, sameClaim):
		return r.refuse("node %q cannot update resource claim statues", r.node)
	case !sameExtended(old.Status.ExtendedResourceClaimStatus, pod.Status.ExtendedResourceClaimStatus):
		return r.refuse("node %q cannot update extended resource claim status", r.node)
	}
	return nil
}

func sameClaim(a, b corev1.PodResourceClaimStatus) bool {
	return a.Name == b.Name && same(a.ResourceClaimName, b.ResourceClaimName)
}

func sameExtended(a, b *corev1.PodExtendedResourceClaimStatus) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ResourceClaimName == b.ResourceClaimName && slices.Equal(a.RequestMappings, b.RequestMappings)
}

func same(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func (r *request) eviction(ctx context.Context) error {
	if r.Operation != admission.Create {
		return r.refuse("unexpected operation %s", r.Operation)
	}
	if r.Name == "" {
		return r.refuse("could not determine pod from request data")
	}
	pod, err := r.findPod(ctx, r.Name)
	if err != nil {
		return err
	}
	if pod.Spec.NodeName != r.node {
		return r.refuse("node %s can only evict pods with spec.nodeName set to itself", r.node)
	}
	return nil
}
