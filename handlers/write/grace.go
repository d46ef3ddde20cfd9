package write

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// grace starts or shortens the grace period of o, where its strategy has one. pending is returned for an object that is being
// deleted and whose end the request does not change.
func (d *deletion) grace(ctx context.Context, o object.Object) (graceful, pending bool) {
	options := d.options
	if d.Resource.Strategy.GracePeriod == nil {
		return false, false
	}
	if options.GracePeriodSeconds != nil && *options.GracePeriodSeconds < 0 {
		one := int64(1)
		options.GracePeriodSeconds = &one
	}
	if o.GetDeletionTimestamp() == nil {
		seconds := d.Resource.Strategy.GracePeriod(ctx, o, options)
		at := metav1.NewTime(d.Now().Add(time.Duration(seconds) * time.Second)).Rfc3339Copy()
		o.SetDeletionTimestamp(&at)
		o.SetDeletionGracePeriodSeconds(&seconds)
		bumpGeneration(o)
		return true, false
	}
	current := o.GetDeletionGracePeriodSeconds()
	if current == nil || *current == 0 {
		return false, false
	}
	if options.GracePeriodSeconds == nil || *options.GracePeriodSeconds >= *current {
		return false, true
	}
	d.shorten(o, *current, *options.GracePeriodSeconds)
	return true, false
}

// shorten moves the end of the grace period from began+current to began+seconds. When that is in the past, one
// second remains, so that the kubelet still sees the change.
func (d *deletion) shorten(o object.Object, current, seconds int64) {
	at := metav1.NewTime(o.GetDeletionTimestamp().Add(time.Duration(seconds-current) * time.Second))
	if now := metav1.NewTime(d.Now()).Rfc3339Copy(); at.Before(&now) {
		at = now
		if seconds != 0 {
			seconds = 1
		}
	}
	o.SetDeletionTimestamp(&at)
	o.SetDeletionGracePeriodSeconds(&seconds)
}

// markDeleting sets the deletion timestamp of an object that waits for its finalizers only.
func markDeleting(o object.Object, now time.Time) {
	if o.GetDeletionTimestamp() == nil {
		bumpGeneration(o)
	}
	if t := o.GetDeletionTimestamp(); t == nil || t.After(now) {
		at := metav1.NewTime(now).Rfc3339Copy()
		o.SetDeletionTimestamp(&at)
	}
	zero := int64(0)
	o.SetDeletionGracePeriodSeconds(&zero)
}

// bumpGeneration counts a deletion as a change of the spec, for objects that have a generation.
func bumpGeneration(o object.Object) {
	if o.GetGeneration() > 0 {
		o.SetGeneration(o.GetGeneration() + 1)
	}
}
