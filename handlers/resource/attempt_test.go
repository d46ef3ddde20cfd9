package resource

import (
	"reflect"
	"testing"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestEffectsOfAnAttempt(t *testing.T) {
	for _, c := range []struct {
		stored bool
		want   []string
	}{{true, []string{"free 2", "free 1"}}, {false, []string{"give back"}}} {
		var a Attempt
		var got []string
		a.OnStored(func() { got = append(got, "free 1") })
		a.OnStored(func() { got = append(got, "free 2") })
		a.OnFailure(func() { got = append(got, "give back") })
		if a.Settled() {
			t.Error("settled before its end")
		}
		a.Settle(c.stored)
		a.Settle(!c.stored)
		if !reflect.DeepEqual(got, c.want) || !a.Settled() {
			t.Errorf("stored=%v ran %v, want %v", c.stored, got, c.want)
		}
	}
}

func TestAttemptTellsItsRecorder(t *testing.T) {
	var a Attempt
	a.Warn("one", "two")
	a.Annotate("k", "v")
	var got []string
	r := &Recorder{Warn: func(texts ...string) { got = append(got, texts...) }, Annotate: func(k, v string) { got = append(got, k+"="+v) }}
	a.Tell(nil)
	a.Tell(r)
	a.Tell(r)
	if want := []string{"one", "two", "k=v"}; !reflect.DeepEqual(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestContentChanged(t *testing.T) {
	base := func() *appsv1.Deployment { return &appsv1.Deployment{} }
	spec, status, meta := base(), base(), base()
	spec.Spec.Paused = true
	status.Status.Replicas = 2
	meta.Labels = map[string]string{"a": "b"}
	for _, c := range []struct {
		name   string
		o, old object.Object
		want   bool
	}{
		{"nothing", base(), base(), false},
		{"spec", spec, base(), true},
		{"status", status, base(), false},
		{"metadata", meta, base(), false},
		{"other kind", base(), &appsv1.ReplicaSet{}, true},
	} {
		if got := ContentChanged(c.o, c.old); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
