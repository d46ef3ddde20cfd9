package quota

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const (
	claimsName      = "persistentvolumeclaims"
	requestsStorage = "requests.storage"
	// byStorageClass stands between the name of a storage class and what is limited of it.
	byStorageClass = ".storageclass.storage.k8s.io/"
	// oldStorageClass is the annotation that came before the field, and still counts first.
	oldStorageClass = "volume.beta.kubernetes.io/storage-class"
)

// volumeClaims measures persistent volume claims and their storage, also by storage class.
type volumeClaims struct {
	// scopes: claims are scoped by the class of their volume's attributes.
	scopes bool
	// recovers: storage that is allocated already counts, when it is more than is requested.
	recovers bool
}

func (*volumeClaims) Tracks(_ context.Context, name string) bool {
	switch name {
	case countPrefix + claimsName, claimsName, requestsStorage:
		return true
	}
	return strings.HasSuffix(name, byStorageClass+claimsName) || strings.HasSuffix(name, byStorageClass+requestsStorage)
}

func (v *volumeClaims) Charges(subresource string, o, old object.Object) bool {
	if subresource == "" {
		return true
	}
	now, ok := o.(*corev1.PersistentVolumeClaim)
	was, okOld := old.(*corev1.PersistentVolumeClaim)
	if subresource != "status" || !ok || !okOld {
		return false
	}
	if v.recovers {
		a, b := now.Status.AllocatedResources["storage"], was.Status.AllocatedResources["storage"]
		if a.Cmp(b) != 0 {
			return true
		}
	}
	return v.scopes && !SameAttributesClasses(now, was)
}

// SameAttributesClasses says whether two states of a claim refer to the same classes, so that they are in the same scopes.
func SameAttributesClasses(a, b *corev1.PersistentVolumeClaim) bool {
	return sameStrings(attributesClasses(a), attributesClasses(b))
}

func sameStrings(a, b []string) bool {
	seen := map[string]bool{}
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if !seen[s] {
			return false
		}
	}
	return len(a) == len(b)
}

func (*volumeClaims) Require([]string, object.Object) error { return nil }
func (v *volumeClaims) Scopes() bool                        { return v.scopes }

func (v *volumeClaims) InScope(s *Scope, o object.Object) (bool, error) {
	pvc, ok := o.(*corev1.PersistentVolumeClaim)
	if !ok {
		return false, fmt.Errorf("expected a PersistentVolumeClaim, got %T", o)
	}
	if !v.scopes || s.ScopeName != VolumeAttributesClass {
		return false, nil
	}
	return selects(s, attributesClasses(pvc)...)
}

// attributesClasses are all that a claim refers to: what is wanted, what its volume has, and what that is changed to. Each once.
func attributesClasses(pvc *corev1.PersistentVolumeClaim) (names []string) {
	add := func(name *string) {
		if name == nil || *name == "" {
			return
		}
		for _, known := range names {
			if known == *name {
				return
			}
		}
		names = append(names, *name)
	}
	add(pvc.Spec.VolumeAttributesClassName)
	add(pvc.Status.CurrentVolumeAttributesClassName)
	if m := pvc.Status.ModifyVolumeStatus; m != nil {
		add(&m.TargetVolumeAttributesClassName)
	}
	return names
}

func (v *volumeClaims) Usage(_ context.Context, o object.Object) (List, error) {
	pvc, ok := o.(*corev1.PersistentVolumeClaim)
	if !ok {
		return nil, fmt.Errorf("expected a PersistentVolumeClaim, got %T", o)
	}
	class, annotated := pvc.Annotations[oldStorageClass]
	if !annotated && pvc.Spec.StorageClassName != nil {
		class = *pvc.Spec.StorageClassName
	}
	used := List{claimsName: one(), countPrefix + claimsName: one()}
	if class != "" {
		used[class+byStorageClass+claimsName] = one()
	}
	storage, found := pvc.Spec.Resources.Requests["storage"]
	if !found {
		return used, nil
	}
	if allocated, found := pvc.Status.AllocatedResources["storage"]; v.recovers && found && allocated.Cmp(storage) > 0 {
		storage = allocated
	}
	storage = wholeBytes(storage)
	used[requestsStorage] = storage
	if class != "" {
		used[class+byStorageClass+requestsStorage] = storage
	}
	return used, nil
}

// wholeBytes rounds up to what a quota may have.
func wholeBytes(q resource.Quantity) resource.Quantity {
	q = q.DeepCopy()
	q.RoundUp(0)
	return q
}
