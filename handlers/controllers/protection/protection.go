// Package protection has the controllers that keep claims, volumes and volume attributes classes from going while they are
// used. Each gives its objects a finalizer, which admission does at their creation too, and takes it off when the object is
// being deleted and nobody uses it. The rules are upstream's.
package protection

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// manager owns the fields that the controllers write, as upstream's does.
const manager = "kube-controller-manager"

// protector is what the three have in common. It is a changes.Handler.
type protector struct {
	objects   *resource.Objects
	writer    resource.Writer
	of        schema.GroupVersionResource
	keys      storage.Collection
	finalizer string
	// used says whether an object that is being deleted is in use.
	used  func(ctx context.Context, o object.Object) (bool, error)
	queue *queue.Queue
}

func (p *protector) init(name string, workers int, pace *queue.Pace, log *slog.Logger) {
	p.keys = resource.KeysOf(p.of.Group, p.of.Resource)
	p.queue = queue.New(name, workers, pace, log, p.sync)
}

// Queues are the work queues, which the caller runs.
func (p *protector) Queues() []*queue.Queue { return []*queue.Queue{p.queue} }

// Restart implements changes.Handler.
func (p *protector) Restart() {}

// Listed implements changes.Handler.
func (p *protector) Listed() {}

// Change implements changes.Handler.
func (p *protector) Change(change *changes.Change) {
	if !strings.HasPrefix(change.Key, p.keys.Prefix()) {
		return
	}
	if after := change.After(); after != nil && p.concerns(after) {
		p.queue.Add(change.Key)
	}
}

// concerns says whether the finalizer has to be added, or perhaps taken off.
func (p *protector) concerns(l *codec.Lifecycle) bool {
	return l.Deleting == slices.Contains(l.Finalizers, p.finalizer)
}

// errNothing ends an update that has nothing to change.
var errNothing = errors.New("nothing changes")

// sync adds the finalizer to an object, or takes it off one that may go.
func (p *protector) sync(ctx context.Context, key string) (time.Duration, error) {
	if p.objects.Registry.Get(p.of) == nil {
		return 0, nil
	}
	namespace, name := p.keys.Split(key)
	o, err := p.objects.Get(ctx, p.of, namespace, name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	deleting := o.GetDeletionTimestamp() != nil
	if deleting != slices.Contains(o.GetFinalizers(), p.finalizer) {
		return 0, nil
	}
	if deleting {
		if used, err := p.used(ctx, o); used || err != nil {
			return 0, err
		}
	}
	_, err = p.writer.Update(ctx, resource.OwnWrite{Resource: p.of, Namespace: namespace, Name: name, Manager: manager}, func(now object.Object) error {
		has := slices.Contains(now.GetFinalizers(), p.finalizer)
		// What was found out holds for this object in this state of its life only.
		if now.GetUID() != o.GetUID() || (now.GetDeletionTimestamp() != nil) != deleting || has != deleting {
			return errNothing
		}
		if deleting {
			now.SetFinalizers(slices.DeleteFunc(slices.Clone(now.GetFinalizers()), func(f string) bool { return f == p.finalizer }))
		} else {
			now.SetFinalizers(append(slices.Clone(now.GetFinalizers()), p.finalizer))
		}
		return nil
	})
	if errors.Is(err, errNothing) || apierrors.IsNotFound(err) {
		return 0, nil
	}
	return 0, err
}
