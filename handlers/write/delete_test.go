package write

import (
	"context"
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func policy(p metav1.DeletionPropagation) *metav1.DeleteOptions {
	return &metav1.DeleteOptions{PropagationPolicy: &p}
}

func TestFinalizersOfADeletion(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		name            string
		has             []string
		options         *metav1.DeleteOptions
		orphanByDefault bool
		resource        string
		want            []string
	}{
		{"background by default", nil, &metav1.DeleteOptions{}, false, "pods", nil},
		{"orphan by default", nil, &metav1.DeleteOptions{}, true, "jobs", []string{"orphan"}},
		{"the options win", nil, policy(metav1.DeletePropagationBackground), true, "jobs", nil},
		{"orphan", []string{"a/b"}, policy(metav1.DeletePropagationOrphan), false, "pods", []string{"a/b", "orphan"}},
		{"foreground", nil, policy(metav1.DeletePropagationForeground), false, "pods", []string{"foregroundDeletion"}},
		{"foreground instead of orphan", []string{"orphan", "a/b"}, policy(metav1.DeletePropagationForeground), false, "pods", []string{"a/b", "foregroundDeletion"}},
		{"what is there stays", []string{"foregroundDeletion"}, &metav1.DeleteOptions{}, true, "jobs", []string{"foregroundDeletion"}},
		{"the old option", nil, &metav1.DeleteOptions{OrphanDependents: &yes}, false, "pods", []string{"orphan"}},
		{"the old option the other way", []string{"orphan"}, &metav1.DeleteOptions{OrphanDependents: &no}, true, "jobs", nil},
		{"events have no dependents", nil, policy(metav1.DeletePropagationForeground), false, "events", nil},
	} {
		res := &resource.Resource{Row: resources.Row{Resource: c.resource, OrphanDependents: c.orphanByDefault, NoDependents: c.resource == "events"}, Strategy: &resource.Strategy{}}
		d := deletion{operation: &operation{Request: &Request{Resource: res}}, options: c.options}
		o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Finalizers: c.has}}
		if got := d.finalizers(o); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestGracePeriod(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	in := func(seconds int64) *metav1.Time {
		at := metav1.NewTime(now.Add(time.Duration(seconds) * time.Second))
		return &at
	}
	sec := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name              string
		ends              *metav1.Time
		period, asked     *int64
		graceful, pending bool
		wantEnds          *metav1.Time
		wantPeriod        *int64
	}{
		{"first", nil, nil, nil, true, false, in(30), sec(30)},
		{"first, asked for less", nil, nil, sec(5), true, false, in(5), sec(5)},
		{"again changes nothing", in(30), sec(30), nil, false, true, in(30), sec(30)},
		{"longer changes nothing", in(30), sec(30), sec(60), false, true, in(30), sec(30)},
		{"shorter", in(30), sec(30), sec(10), true, false, in(10), sec(10)},
		{"shorter than what has passed leaves a second", in(1), sec(30), sec(10), true, false, in(0), sec(1)},
		{"at once", in(20), sec(30), sec(0), true, false, in(0), sec(0)},
		{"the end was reached", in(0), sec(0), nil, false, false, in(0), sec(0)},
	} {
		res := &resource.Resource{Strategy: &resource.Strategy{GracePeriod: func(_ context.Context, _ object.Object, o *metav1.DeleteOptions) int64 {
			if o.GracePeriodSeconds != nil {
				return *o.GracePeriodSeconds
			}
			return 30
		}}}
		d := deletion{
			operation: &operation{Writer: &Writer{Now: func() time.Time { return now }}, Request: &Request{Resource: res}},
			options:   &metav1.DeleteOptions{GracePeriodSeconds: c.asked},
		}
		o := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: c.ends, DeletionGracePeriodSeconds: c.period}}
		graceful, pending := d.grace(context.Background(), o)
		if graceful != c.graceful || pending != c.pending {
			t.Errorf("%s: graceful %v, pending %v", c.name, graceful, pending)
		}
		if !o.DeletionTimestamp.Equal(c.wantEnds) || *o.DeletionGracePeriodSeconds != *c.wantPeriod {
			t.Errorf("%s: ends %v after %d", c.name, o.DeletionTimestamp, *o.DeletionGracePeriodSeconds)
		}
	}
}
