package protection

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var (
	claims  = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	volumes = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
)

// Volumes protects volumes that are bound. Make one with NewVolumes.
type Volumes struct{ protector }

// NewVolumes protects the volumes that objects reads.
func NewVolumes(objects *resource.Objects, writer resource.Writer, pace *queue.Pace, log *slog.Logger) *Volumes {
	v := &Volumes{protector{objects: objects, writer: writer, of: volumes, finalizer: "kubernetes.io/pv-protection", used: bound}}
	v.init("pvprotection", 1, pace, log)
	return v
}

func bound(_ context.Context, o object.Object) (bool, error) {
	volume, ok := o.(*corev1.PersistentVolume)
	return !ok || volume.Status.Phase == "Bound", nil
}

// Classes protects volume attributes classes that claims or volumes name. Make one with NewClasses.
type Classes struct {
	protector
	users [2]storage.Collection

	mu sync.Mutex
	// waiting are the keys of classes that wait for their users to go.
	waiting map[string]bool
}

// NewClasses protects the classes that objects reads.
func NewClasses(objects *resource.Objects, writer resource.Writer, pace *queue.Pace, log *slog.Logger) *Classes {
	c := &Classes{waiting: map[string]bool{}, users: [2]storage.Collection{resource.KeysOf("", "persistentvolumeclaims"), resource.KeysOf("", "persistentvolumes")}}
	c.protector = protector{
		objects: objects, writer: writer, of: schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "volumeattributesclasses"},
		finalizer: "kubernetes.io/vac-protection", used: c.used,
	}
	c.init("vacprotection", 1, pace, log)
	return c
}

// Change implements changes.Handler.
func (c *Classes) Change(change *changes.Change) {
	c.protector.Change(change)
	if change.Listed() || !strings.HasPrefix(change.Key, c.users[0].Prefix()) && !strings.HasPrefix(change.Key, c.users[1].Prefix()) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.waiting {
		c.queue.AddAfter(key, settle)
	}
	clear(c.waiting)
}

func (c *Classes) used(ctx context.Context, o object.Object) (bool, error) {
	key := c.keys.Key("", o.GetName())
	c.wait(key, true)
	for _, of := range []schema.GroupVersionResource{volumes, claims} {
		list, err := c.objects.List(ctx, of, "")
		if err != nil {
			return true, err
		}
		for _, user := range list {
			if namesClass(user, o.GetName()) {
				return true, nil
			}
		}
	}
	c.wait(key, false)
	return false, nil
}

func (c *Classes) wait(key string, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waits {
		c.waiting[key] = true
	} else {
		delete(c.waiting, key)
	}
}

// namesClass says whether a claim or a volume has a class, is to have it, or had it and is being changed.
func namesClass(o object.Object, class string) bool {
	is := func(name *string) bool { return name != nil && *name == class }
	switch user := o.(type) {
	case *corev1.PersistentVolume:
		return is(user.Spec.VolumeAttributesClassName)
	case *corev1.PersistentVolumeClaim:
		modifying := user.Status.ModifyVolumeStatus
		return is(user.Spec.VolumeAttributesClassName) || is(user.Status.CurrentVolumeAttributesClassName) || modifying != nil && modifying.TargetVolumeAttributesClassName == class
	}
	return false
}
