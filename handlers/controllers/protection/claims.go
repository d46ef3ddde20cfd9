package protection

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// settle is how long changes of pods are gathered before the claims that wait for pods are looked at again.
const settle = 500 * time.Millisecond

// Claims protects claims that pods use. Make one with NewClaims.
type Claims struct {
	protector
	pods storage.Collection

	mu sync.Mutex
	// waiting are the keys of claims that wait for pods to go, by namespace.
	waiting map[string]map[string]bool
}

// NewClaims protects the claims that objects reads.
func NewClaims(objects *resource.Objects, writer resource.Writer, pace *queue.Pace, log *slog.Logger) *Claims {
	c := &Claims{pods: resource.KeysOf("", "pods"), waiting: map[string]map[string]bool{}}
	c.protector = protector{
		objects: objects, writer: writer, of: schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}, finalizer: "kubernetes.io/pvc-protection", used: c.used,
	}
	c.init("pvcprotection", 1, pace, log)
	return c
}

// Change implements changes.Handler.
func (c *Claims) Change(change *changes.Change) {
	c.protector.Change(change)
	if !strings.HasPrefix(change.Key, c.pods.Prefix()) {
		return
	}
	namespace, _ := c.pods.Split(change.Key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting[namespace]) == 0 {
		return
	}
	// A pod that stays frees nothing.
	if after := change.After(); after != nil && !after.Deleting {
		return
	}
	for key := range c.waiting[namespace] {
		c.queue.AddAfter(key, settle)
	}
	delete(c.waiting, namespace)
}

// used says whether a pod that has a node has the claim: others do not start any more.
func (c *Claims) used(ctx context.Context, o object.Object) (bool, error) {
	claim, ok := o.(*corev1.PersistentVolumeClaim)
	if !ok {
		return true, nil
	}
	key := c.keys.Key(claim.Namespace, claim.Name)
	// It waits before pods are looked at, so that none goes unnoticed in between.
	c.wait(claim.Namespace, key, true)
	list, err := c.objects.List(ctx, pods, claim.Namespace)
	if err != nil {
		return true, err
	}
	for _, o := range list {
		if pod, ok := o.(*corev1.Pod); ok && uses(pod, claim) {
			return true, nil
		}
	}
	c.wait(claim.Namespace, key, false)
	return false, nil
}

func (c *Claims) wait(namespace, key string, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.waiting[namespace]
	switch {
	case waits && of == nil:
		c.waiting[namespace] = map[string]bool{key: true}
	case waits:
		of[key] = true
	default:
		if delete(of, key); len(of) == 0 {
			delete(c.waiting, namespace)
		}
	}
}

// uses says whether a pod uses a claim: by its name, or because the claim was made for one of its volumes. Of a pod that is
// over but for its finalizers the latter may go, since the claim may be what the finalizers wait for.
func uses(pod *corev1.Pod, claim *corev1.PersistentVolumeClaim) bool {
	if pod.Spec.NodeName == "" {
		return false
	}
	over := pod.DeletionTimestamp != nil && pod.DeletionGracePeriodSeconds != nil && *pod.DeletionGracePeriodSeconds == 0
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim.Name {
			return true
		}
		if !over && v.Ephemeral != nil && pod.Name+"-"+v.Name == claim.Name && metav1.IsControlledBy(claim, pod) {
			return true
		}
	}
	return false
}
