package write

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// interfere lets another writer be faster at a place, the given number of times.
func (w *world) interfere(at string, times int) {
	w.onStep = func(place string) {
		if place == at && times > 0 {
			times--
			o := deployment("a")
			o.Annotations = map[string]string{"other": fmt.Sprint(times)}
			w.put(o)
		}
	}
}

func TestALostRaceBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.put(deployment("a"))
	w.interfere("swap", 2)
	result, err := w.Update(t.Context(), w.request("a"), paused)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(w.warnings, ","); got != "attempt 3" {
		t.Errorf("the client hears of %s, want the attempt that won only", got)
	}
	lost := strings.Replace(changedOrder, "keep", "give back", 1)
	w.expect(lost + " > " + lost + " > " + changedOrder)
	o, err := w.res.Codec.Decode(result.Stored.Value, result.Stored.Revision)
	if err != nil || o.GetAnnotations()["other"] != "0" || !o.(*appsv1.Deployment).Spec.Paused {
		t.Errorf("the last attempt has not seen the other writer: %v, %v", o.GetAnnotations(), err)
	}
}

// A client that names the version it has seen is told of the race instead.
func TestALostRaceOfAVersion(t *testing.T) {
	w := newWorld(t)
	seen := w.put(deployment("a"))
	w.interfere("swap", 1)
	o := deployment("a")
	o.ResourceVersion = fmt.Sprint(seen.Revision)
	o.Spec.Paused = true
	if _, err := w.Replace(t.Context(), w.request("a"), o); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), modified) {
		t.Error(err)
	}
	w.expect(strings.Replace(changedOrder, "keep", "give back", 1) + " > mutate")
}

// What is decided on an old pair of the cache counts only when it is confirmed.
func TestOldPairs(t *testing.T) {
	w := newWorld(t)
	old := w.put(deployment("a"))
	w.store.old = map[string]storage.KeyValue{old.Key: old}
	newer := deployment("a")
	newer.Spec.Paused = true
	w.put(newer)
	// A swap finds out by itself.
	label := func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		o := object.Copy(live.(*appsv1.Deployment))
		o.Labels = map[string]string{"a": "b"}
		return o, nil
	}
	if _, err := w.Update(t.Context(), w.request("a"), label); err != nil {
		t.Fatal(err)
	}
	w.expect(strings.Replace(changedOrder, "keep", "give back", 1) + " > " + changedOrder)
	// An error is believed only when the pair was current.
	no := errors.New("not paused")
	result, err := w.Update(t.Context(), w.request("a"), func(ctx context.Context, a *resource.Attempt, kv storage.KeyValue, live object.Object) (object.Object, error) {
		if !live.(*appsv1.Deployment).Spec.Paused {
			return nil, no
		}
		return paused(ctx, a, kv, live)
	})
	if err != nil || result.Stored.Revision <= old.Revision {
		t.Error(result, err)
	}
	w.steps, w.attempts = nil, nil
	// "Nothing changes" as well: the old pair has no label, the newest has.
	unlabel := func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		o := object.Copy(live.(*appsv1.Deployment))
		o.Labels = nil
		return o, nil
	}
	if result, err = w.Update(t.Context(), w.request("a"), unlabel); err != nil {
		t.Fatal(err)
	}
	if o, err := w.res.Codec.Decode(result.Stored.Value, result.Stored.Revision); err != nil || o.GetLabels() != nil {
		t.Error("the label is still there", err)
	}
	// What is gone meanwhile is not found, also when the cache remembers it.
	if _, err := w.Delete(t.Context(), w.request("a"), &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Update(t.Context(), w.request("a"), label); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
	if _, err := w.Delete(t.Context(), w.request("a"), &metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

// A put that finds nothing creates; when another writer creates first, it updates after all.
func TestCreateOnUpdateRaces(t *testing.T) {
	w := newWorld(t)
	w.res.CreateOnUpdate = true
	w.interfere("store", 1)
	o := deployment("a")
	o.Spec.Paused = true
	result, err := w.Replace(t.Context(), w.request("a"), o)
	if err != nil || result.Created {
		t.Fatal(result, err)
	}
	w.expect(strings.Replace(newOrder, "keep", "give back", 1) + " > " + changedOrder)
}

// A deletion that loses a race after its mark goes on from there.
func TestADeletionThatLosesARace(t *testing.T) {
	w := newWorld(t)
	w.res.Strategy.GracePeriod = func(context.Context, object.Object, *metav1.DeleteOptions) int64 { return 0 }
	w.put(deployment("a"))
	races := 1
	w.onStep = func(place string) {
		if place == "remove" && races > 0 {
			races--
			kv, _, err := w.store.Store.Get(t.Context(), w.res.ObjectKey("ns", "a"))
			if err != nil {
				t.Fatal(err)
			}
			o, err := w.res.Codec.Decode(kv.Value, kv.Revision)
			if err != nil {
				t.Fatal(err)
			}
			o.SetLabels(map[string]string{"late": "yes"})
			o.SetResourceVersion("")
			w.put(o)
		}
	}
	result, err := w.Delete(t.Context(), w.request("a"), &metav1.DeleteOptions{})
	if err != nil || !result.Removed || result.Last.GetLabels()["late"] != "yes" {
		t.Fatal(result, err)
	}
	w.expect("mutate > judge > before delete > release > swap > remove > mutate > judge > before delete > release > remove > released")
}

// When the store does not say whether it has written, it is asked before anything is undone.
func TestUnknownOutcomes(t *testing.T) {
	for _, c := range []struct {
		name     string
		err      error
		happened bool
		effect   string
	}{
		{"it had", storage.ErrUnavailable, true, "keep"},
		{"it had not", storage.ErrUnavailable, false, "give back"},
		{"cancelled, but it had", context.Canceled, true, "keep"},
		{"refused for certain", storage.ErrNoSpace, false, "give back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.store.fail, w.store.happen = c.err, c.happened
			if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err == nil {
				t.Error("no error")
			}
			w.expect(strings.Replace(newOrder, "keep", c.effect, 1))
			w.put(deployment("b"))
			w.store.fail, w.store.happen = c.err, c.happened
			if _, err := w.Update(t.Context(), w.request("b"), paused); err == nil {
				t.Error("no error")
			}
			w.expect(strings.Replace(changedOrder, "keep", c.effect, 1))
			w.store.fail, w.store.happen = c.err, c.happened
			if _, err := w.Delete(t.Context(), w.request("b"), &metav1.DeleteOptions{}); err == nil {
				t.Error("no error")
			}
			want := "mutate > judge > before delete > release > remove"
			if c.happened {
				want += " > released"
			}
			w.expect(want)
		})
	}
	w := newWorld(t)
	w.store.fail = storage.ErrUnavailable
	w.onStep = func(place string) {
		if place == "store" {
			_ = w.store.Close()
		}
	}
	if _, err := w.Create(t.Context(), w.request(""), deployment("a")); err == nil {
		t.Error("no error")
	}
	w.expect(strings.TrimSuffix(newOrder, " > keep")) // nobody knows, so nothing is undone
}

// An attempt that panics is settled, too.
func TestAPanicGivesBack(t *testing.T) {
	w := newWorld(t)
	w.onStep = func(place string) {
		if place == "judge" {
			panic("judge")
		}
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = w.Create(t.Context(), w.request(""), deployment("a"))
	}()
	w.expect(strings.TrimSuffix(newOrder, " > conclude > store > keep") + " > give back")
	w.put(deployment("a"))
	func() {
		defer func() { _ = recover() }()
		_, _ = w.Update(t.Context(), w.request("a"), paused)
	}()
	w.expect(strings.TrimSuffix(changedOrder, " > conclude > swap > keep") + " > give back")
}

func TestActions(t *testing.T) {
	w := newWorld(t)
	action := &resource.Resource{Row: w.res.Row, Parent: w.res, Strategy: &resource.Strategy{}}
	action.Subresource = "binding"
	var outcome runtime.Object
	action.Strategy.Create = func(_ context.Context, a *resource.Attempt, _ object.Object) (runtime.Object, error) {
		err := w.hook("act", a)
		a.OnStored(func() { w.step("keep") })
		a.OnFailure(func() { w.step("give back") })
		a.Warn("acted")
		return outcome, err
	}
	r := w.request("a")
	r.Resource = action
	for _, c := range []struct {
		name    string
		outcome runtime.Object
		refuse  string
		dryRun  bool
		want    string
	}{
		{"done", &metav1.Status{Status: metav1.StatusSuccess}, "", false, "mutate > judge > act > keep"},
		{"a refusal as an answer", &metav1.Status{Status: metav1.StatusFailure}, "", false, "mutate > judge > act > give back"},
		{"a dry run", &metav1.Status{}, "", true, "mutate > judge > act > give back"},
		{"refused", nil, "act", false, "mutate > judge > act > give back"},
		{"not admitted", nil, "judge", false, "mutate > judge"},
	} {
		outcome, r.DryRun = c.outcome, c.dryRun
		if c.refuse != "" {
			w.refuse[c.refuse] = 1
		}
		if _, err := w.Act(t.Context(), r, deployment("a")); (err != nil) != (c.refuse != "") {
			t.Errorf("%s: %v", c.name, err)
		}
		if acted := slices.Contains(w.steps, "act"); acted != slices.Contains(w.warnings, "acted") {
			t.Errorf("%s: warnings %v", c.name, w.warnings)
		}
		w.expect(c.want)
	}
}

// Clients that give up end their writes; nobody tries on for them.
func TestACancelledWriteEnds(t *testing.T) {
	w := newWorld(t)
	w.put(deployment("a"))
	ctx, cancel := context.WithCancel(t.Context())
	w.onStep = func(place string) {
		if place == "swap" {
			o := deployment("a")
			o.Annotations = map[string]string{"n": fmt.Sprint(len(w.steps))}
			w.put(o)
			if len(w.attempts) == 5 {
				cancel()
			}
		}
	}
	if _, err := w.Update(ctx, w.request("a"), paused); !errors.Is(err, context.Canceled) || len(w.attempts) > 6 {
		t.Errorf("%v after %d attempts", err, len(w.attempts))
	}
}
