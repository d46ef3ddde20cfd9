package quota

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const (
	countClaims = "count/resourceclaims.resource.k8s.io"
	// byDeviceClass ends the name by which a quota limits the devices of a class.
	byDeviceClass = ".deviceclass.resource.k8s.io/devices"
	// extendedClaim marks claims that the scheduler makes for a pod with extended resources.
	extendedClaim = "resource.kubernetes.io/extended-resource-claim"
	// mostDevices is how many devices a request for all of them can get.
	mostDevices = 32
)

var (
	deviceClassesGVR = schema.GroupVersionResource{Group: "resource.k8s.io", Version: "v1", Resource: "deviceclasses"}
	claimsGVR        = schema.GroupVersionResource{Group: "resource.k8s.io", Version: "v1", Resource: "resourceclaims"}
	podsGVR          = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

// deviceClaims measures resource claims and the devices they ask for, by class.
type deviceClaims struct {
	objects Lister
	// extended: devices count as the extended resource of their class, too.
	extended bool
	pods     *pods
}

func (d *deviceClaims) Tracks(ctx context.Context, name string) bool {
	if name == countClaims || strings.HasSuffix(name, byDeviceClass) {
		return true
	}
	if !d.extended || !isExtendedRequest(name) {
		return false
	}
	extended := strings.TrimPrefix(name, requestsPrefix)
	if class, implicit := strings.CutPrefix(extended, implicitPrefix); implicit {
		o, err := d.objects.Get(ctx, deviceClassesGVR, "", class)
		return err == nil && o != nil
	}
	return d.classOf(ctx, extended)
}

// classOf says whether a device class has the extended resource.
func (d *deviceClaims) classOf(ctx context.Context, extended string) bool {
	classes, err := d.objects.List(ctx, deviceClassesGVR, "")
	if err != nil {
		return false
	}
	for _, o := range classes {
		if c, ok := o.(*resourcev1.DeviceClass); ok && c.Spec.ExtendedResourceName != nil && *c.Spec.ExtendedResourceName == extended {
			return true
		}
	}
	return false
}

func (*deviceClaims) Charges(subresource string, _, _ object.Object) bool { return subresource == "" }
func (*deviceClaims) Require([]string, object.Object) error               { return nil }
func (*deviceClaims) InScope(*Scope, object.Object) (bool, error)         { return false, nil }
func (*deviceClaims) Scopes() bool                                        { return false }

func (d *deviceClaims) Usage(ctx context.Context, o object.Object) (List, error) {
	claim, ok := o.(*resourcev1.ResourceClaim)
	if !ok {
		return nil, fmt.Errorf("expected a ResourceClaim, got %T", o)
	}
	used := List{countClaims: one()}
	for i := range claim.Spec.Devices.Requests {
		addTo(used, devices(&claim.Spec.Devices.Requests[i]))
	}
	if d.extended {
		d.addExtended(ctx, claim, used)
	}
	return used, nil
}

// devices is what one request may get, by class. Of alternatives the worst counts for each class.
func devices(r *resourcev1.DeviceRequest) List {
	out := List{}
	add := func(class, mode string, count int64) {
		switch mode {
		case "ExactCount":
		case "All":
			count = mostDevices
		default: // a mode of a later version
			count = 0
		}
		raiseTo(out, List{class + byDeviceClass: *resource.NewQuantity(count, resource.DecimalSI)})
	}
	if len(r.FirstAvailable) > 0 {
		for i := range r.FirstAvailable {
			s := &r.FirstAvailable[i]
			if s.Count > 0 || s.AllocationMode == "All" {
				add(s.DeviceClassName, s.AllocationMode, s.Count)
			}
		}
	} else if e := r.Exactly; e != nil {
		add(e.DeviceClassName, e.AllocationMode, e.Count)
	}
	return out
}

// addExtended counts devices as extended resources, without what the pod that the claim was made for is charged already.
func (d *deviceClaims) addExtended(ctx context.Context, claim *resourcev1.ResourceClaim, used List) {
	charged := d.chargedToPod(ctx, claim)
	more := List{}
	for name, q := range used {
		class, found := strings.CutSuffix(name, byDeviceClass)
		if !found || class == "" {
			continue
		}
		more[requestsPrefix+implicitPrefix+class] = q
		o, err := d.objects.Get(ctx, deviceClassesGVR, "", class)
		if c, ok := o.(*resourcev1.DeviceClass); err == nil && ok && c.Spec.ExtendedResourceName != nil && *c.Spec.ExtendedResourceName != "" {
			more[requestsPrefix+*c.Spec.ExtendedResourceName] = q
		}
	}
	addTo(used, Increase(more, charged))
}

// chargedToPod is what the pod uses that the scheduler has made a claim for; nil when the claim only says so.
func (d *deviceClaims) chargedToPod(ctx context.Context, claim *resourcev1.ResourceClaim) List {
	owner := ownerPod(claim)
	if owner == nil {
		return nil
	}
	o, err := d.objects.Get(ctx, podsGVR, claim.Namespace, owner.Name)
	pod, ok := o.(*corev1.Pod)
	if err != nil || !ok || pod.UID != owner.UID {
		return nil
	}
	if status := pod.Status.ExtendedResourceClaimStatus; status != nil {
		if status.ResourceClaimName != claim.Name {
			return nil
		}
	} else if !d.isFirst(ctx, claim, owner) {
		return nil
	}
	usage, err := d.pods.Usage(ctx, pod)
	if err != nil {
		return nil
	}
	return usage
}

// ownerPod is the pod that a claim was made for; nil for all other claims.
func ownerPod(claim *resourcev1.ResourceClaim) *metav1.OwnerReference {
	if claim.Annotations[extendedClaim] != "true" {
		return nil
	}
	owner := metav1.GetControllerOfNoCopy(claim)
	if owner == nil || owner.Kind != "Pod" || owner.APIVersion != "v1" {
		return nil
	}
	return owner
}

// isFirst says whether no older claim was made for the same pod: a pod exempts one claim only.
func (d *deviceClaims) isFirst(ctx context.Context, claim *resourcev1.ResourceClaim, owner *metav1.OwnerReference) bool {
	find := func() map[types.UID]string { return d.firstClaims(ctx, claim.Namespace) }
	if once, ok := ctx.Value(firstKey{}).(*firstOnce); ok {
		once.Do(func() { once.claims = find() })
		return once.claims[owner.UID] == claim.Name
	}
	first := find()
	// A new claim is not stored yet, and younger than all that are.
	return first != nil && (first[owner.UID] == "" || first[owner.UID] == claim.Name)
}

// firstClaims are the names of the oldest claims that were made for pods, by the UID of the pod; nil when they cannot be read.
func (d *deviceClaims) firstClaims(ctx context.Context, namespace string) map[types.UID]string {
	list, err := d.objects.List(ctx, claimsGVR, namespace)
	if err != nil {
		return nil
	}
	first, names := map[types.UID]*resourcev1.ResourceClaim{}, map[types.UID]string{}
	for _, o := range list {
		claim, ok := o.(*resourcev1.ResourceClaim)
		if !ok {
			continue
		}
		owner := ownerPod(claim)
		if owner == nil {
			continue
		}
		if f := first[owner.UID]; f == nil || cmp.Or(claim.CreationTimestamp.Compare(f.CreationTimestamp.Time), strings.Compare(claim.Name, f.Name)) < 0 {
			first[owner.UID], names[owner.UID] = claim, claim.Name
		}
	}
	return names
}

// firstKey is where a context has the first claims of the namespace that is summed up, so that they are looked for once.
type firstKey struct{}

type firstOnce struct {
	sync.Once
	claims map[types.UID]string
}
