package write

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	newOrder     = "mutate > drop disabled > prepare > allocate > rules > validate > validate create > warnings > judge > conclude > store > keep"
	changedOrder = "mutate > drop disabled > prepare > allocate > rules > validate > validate update > warnings > judge > conclude > swap > keep"
)

func TestOrderOfACreate(t *testing.T) {
	w := newWorld(t)
	o := deployment("a")
	o.Generation, o.UID = 7, "mine"
	result, err := w.Create(t.Context(), w.request(""), o)
	if err != nil || result.Stored.Revision == 0 {
		t.Fatal(err)
	}
	w.expect(newOrder)
	if o.UID == "mine" || o.Generation != 1 || !o.CreationTimestamp.Time.Equal(noon) {
		t.Errorf("identity and generation are the server's: %v", o.ObjectMeta)
	}
	// Each place that refuses ends the create; what was taken before is given back, and nothing is stored.
	for place, want := range map[string]string{
		"mutate":          "mutate",
		"prepare":         "mutate > drop disabled > prepare",
		"allocate":        "mutate > drop disabled > prepare > allocate",
		"rules":           "mutate > drop disabled > prepare > allocate > rules > validate > validate create > give back",
		"validate":        "mutate > drop disabled > prepare > allocate > rules > validate > validate create > give back",
		"validate create": "mutate > drop disabled > prepare > allocate > rules > validate > validate create > give back",
		"judge":           strings.TrimSuffix(newOrder, " > conclude > store > keep") + " > give back",
	} {
		w.refuse[place] = 1
		_, err := w.Create(t.Context(), w.request(""), deployment("b"))
		if err == nil || !strings.Contains(err.Error(), place+" refuses") {
			t.Errorf("%s: %v", place, err)
		}
		w.expect(want)
	}
}

func TestDryRunOfACreate(t *testing.T) {
	w := newWorld(t)
	r := w.request("")
	r.DryRun = true
	result, err := w.Create(t.Context(), r, deployment("a"))
	if err != nil || result.Stored.Value == nil || result.Stored.Revision != 0 {
		t.Fatal(result, err)
	}
	w.expect(strings.TrimSuffix(newOrder, " > store > keep") + " > give back")
	w.put(deployment("a"))
	if _, err := w.Create(t.Context(), r, deployment("a")); !apierrors.IsAlreadyExists(err) {
		t.Error(err)
	}
}

// Mutating admission sees a new object once, without a name; names that collide are made anew below it.
func TestGeneratedNames(t *testing.T) {
	w := newWorld(t)
	taken := 2
	w.onStep = func(place string) {
		if place == "store" && taken > 0 {
			taken--
			w.put(deployment(w.lastName))
		}
	}
	o := deployment("")
	o.GenerateName = "a-"
	if _, err := w.Create(t.Context(), w.request(""), o); err != nil {
		t.Fatal(err)
	}
	once := "drop disabled > prepare > allocate > rules > validate > validate create > warnings > judge > conclude > store"
	if len(w.attempts) != 3 || strings.Join(w.warnings, ",") != "attempt 3" {
		t.Errorf("%d attempts, warnings %v", len(w.attempts), w.warnings)
	}
	w.expect("mutate nameless > " + once + " > give back > " + once + " > give back > " + once + " > keep")
	// A name that is always taken is given up.
	taken = 100
	_, err := w.Create(t.Context(), w.request(""), o)
	if !apierrors.IsAlreadyExists(err) || len(w.attempts) != nameAttempts {
		t.Errorf("%v after %d attempts", err, len(w.attempts))
	}
}

func TestOrderOfAnUpdate(t *testing.T) {
	w := newWorld(t)
	w.put(deployment("a"))
	result, err := w.Update(t.Context(), w.request("a"), paused)
	if err != nil || result.Created || result.Removed {
		t.Fatal(result, err)
	}
	w.expect(changedOrder)
	live, err := w.res.Codec.Decode(result.Stored.Value, result.Stored.Revision)
	if err != nil || live.GetGeneration() != 1 {
		t.Errorf("generation %d, %v", live.GetGeneration(), err)
	}
	// What changes nothing is not written, but settled as stored: it is as its writer wants it.
	if again, err := w.Update(t.Context(), w.request("a"), paused); err != nil || again.Stored.Revision != result.Stored.Revision {
		t.Error(again, err)
	}
	w.expect(strings.Replace(changedOrder, " > swap", "", 1))
	for place, want := range map[string]string{
		"mutate":          "mutate",
		"prepare":         "mutate > drop disabled > prepare",
		"validate update": "mutate > drop disabled > prepare > allocate > rules > validate > validate update > give back",
		"judge":           strings.TrimSuffix(changedOrder, " > conclude > swap > keep") + " > give back",
	} {
		w.refuse[place] = 1
		if _, err := w.Update(t.Context(), w.request("a"), paused); err == nil {
			t.Errorf("%s did not refuse", place)
		}
		w.expect(want)
	}
	r := w.request("a")
	r.DryRun = true
	if _, err := w.Update(t.Context(), r, paused); err != nil {
		t.Error(err)
	}
	w.expect(strings.TrimSuffix(changedOrder, " > swap > keep") + " > give back")
	if _, err := w.Update(t.Context(), w.request("none"), paused); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
	if _, err := w.Update(t.Context(), w.request("a/b"), paused); !apierrors.IsBadRequest(err) {
		t.Error(err)
	}
}

func TestOrderOfADeletion(t *testing.T) {
	w := newWorld(t)
	w.put(deployment("a"))
	result, err := w.Delete(t.Context(), w.request("a"), &metav1.DeleteOptions{})
	if err != nil || !result.Removed || result.Last.GetName() != "a" {
		t.Fatal(result, err)
	}
	w.expect("mutate > judge > before delete > release > remove > released")
	// A grace period that is over at once is seen before the end.
	w.res.Strategy.GracePeriod = func(context.Context, object.Object, *metav1.DeleteOptions) int64 { return 0 }
	before := w.put(deployment("b"))
	watcher, err := w.store.Watch(t.Context(), "/", before.Revision)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	if _, err := w.Delete(t.Context(), w.request("b"), &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.expect("mutate > judge > before delete > release > swap > remove > released")
	marked := <-watcher.Events()
	o, err := w.res.Codec.Decode(marked.Value, marked.Revision)
	if err != nil || o.GetDeletionTimestamp() == nil || *o.GetDeletionGracePeriodSeconds() != 0 {
		t.Errorf("%v, %v", o, err)
	}
	if gone := <-watcher.Events(); gone.Type != storage.Deleted {
		t.Errorf("%+v", gone)
	}
	// Finalizers keep it; the update that removes the last one ends it, and releases what it had.
	w.res.Strategy.GracePeriod = nil
	kept := deployment("c")
	kept.Finalizers = []string{"x.example.com/y"}
	w.put(kept)
	if result, err := w.Delete(t.Context(), w.request("c"), &metav1.DeleteOptions{}); err != nil || !result.Marked || result.Removed {
		t.Fatal(result, err)
	}
	w.expect("mutate > judge > before delete > swap")
	result, err = w.Update(t.Context(), w.request("c"), func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		o := object.Copy(live.(*appsv1.Deployment))
		o.Finalizers = nil
		return o, nil
	})
	if err != nil || !result.Removed {
		t.Fatal(result, err)
	}
	w.expect(strings.Replace(changedOrder, "swap > keep", "release > remove > released > keep", 1))
	if _, err := w.Delete(t.Context(), w.request("c"), &metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

// never and only are authorizers.
type never struct{}

func (never) Authorize(context.Context, authz.Attributes) (authz.Decision, string, error) {
	return authz.NoOpinion, "for no reason", nil
}

type asked struct{ what []authz.Attributes }

func (a *asked) Authorize(_ context.Context, what authz.Attributes) (authz.Decision, string, error) {
	a.what = append(a.what, what)
	return authz.Allow, "", nil
}

type broken struct{}

func (broken) Authorize(context.Context, authz.Attributes) (authz.Decision, string, error) {
	return authz.NoOpinion, "", errors.New("cannot tell")
}

func TestUpdatesThatCreate(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Replace(t.Context(), w.request("a"), deployment("a")); !apierrors.IsNotFound(err) {
		t.Error("created without the row allowing it", err)
	}
	w.expect("")
	w.res.CreateOnUpdate = true
	for name, authorizer := range map[string]authz.Authorizer{"nobody to ask": nil, "a refusal": never{}, "a failure": broken{}} {
		w.Authorizer = authorizer
		_, err := w.Replace(t.Context(), w.request("a"), deployment("a"))
		if want := apierrors.IsForbidden(err); want == (name == "a failure") || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		w.expect("")
	}
	all := &asked{}
	w.Authorizer = all
	result, err := w.Replace(t.Context(), w.request("a"), deployment("a"))
	if err != nil || !result.Created {
		t.Fatal(result, err)
	}
	w.expect(newOrder)
	if want := (authz.Attributes{User: all.what[0].User, IsResource: true, Verb: "create", Group: "apps", Version: "v1", Resource: "deployments", Namespace: "ns", Name: "a"}); len(all.what) != 1 || !equalAttributes(all.what[0], want) {
		t.Errorf("asked %+v", all.what)
	}
	if result, err := w.Replace(t.Context(), w.request("a"), deployment("a")); err != nil || result.Created || len(all.what) != 1 {
		t.Error("an update was asked for more than its verb", result, err)
	}
	missing := deployment("b")
	missing.UID = "some"
	if _, err := w.Replace(t.Context(), w.request("b"), missing); !apierrors.IsConflict(err) {
		t.Error("a uid that is not there was created anew", err)
	}
}

func equalAttributes(a, b authz.Attributes) bool {
	return a.User == b.User && a.IsResource == b.IsResource && a.Verb == b.Verb && a.Group == b.Group && a.Version == b.Version &&
		a.Resource == b.Resource && a.Subresource == b.Subresource && a.Namespace == b.Namespace && a.Name == b.Name
}

func TestWritesNeedAUser(t *testing.T) {
	w := newWorld(t)
	r := w.request("a")
	r.User = nil
	if _, err := w.Create(t.Context(), r, deployment("a")); !errors.Is(err, errNoUser) {
		t.Error(err)
	}
	if _, err := w.Update(t.Context(), r, paused); !errors.Is(err, errNoUser) {
		t.Error(err)
	}
	if _, err := w.Delete(t.Context(), r, &metav1.DeleteOptions{}); !errors.Is(err, errNoUser) {
		t.Error(err)
	}
	if _, err := w.Act(t.Context(), r, deployment("a")); !errors.Is(err, errNoUser) {
		t.Error(err)
	}
	w.expect("")
}

// What the server writes itself passes everything but authorization and admission.
func TestOwnWrites(t *testing.T) {
	w := newWorld(t)
	w.res.CreateOnUpdate = true
	own, target := w.Own(), resource.OwnWrite{Resource: w.res.GVR(), Namespace: "ns", Name: "a"}
	if err := own.Create(t.Context(), target, deployment("a")); err != nil {
		t.Fatal(err)
	}
	w.expect("default > drop disabled > prepare > allocate > rules > validate > validate create > warnings > conclude > store > keep")
	o, err := own.Update(t.Context(), target, func(o object.Object) error { o.SetLabels(map[string]string{"a": "b"}); return nil })
	if err != nil || o.GetLabels()["a"] != "b" {
		t.Fatal(err)
	}
	w.expect("drop disabled > prepare > allocate > rules > validate > validate update > warnings > conclude > swap > keep")
	gone := errors.New("changed my mind")
	if _, err := own.Update(t.Context(), target, func(object.Object) error { return gone }); !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := own.Delete(t.Context(), target, &metav1.DeleteOptions{DryRun: []string{"All"}}); err != nil {
		t.Fatal(err)
	}
	w.expect("before delete > release")
	if err := own.Delete(t.Context(), target, &metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	w.expect("before delete > release > remove > released")
	if err := own.Create(t.Context(), resource.OwnWrite{}, deployment("a")); err == nil {
		t.Error("created what is not served")
	}
}
