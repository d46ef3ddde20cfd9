package write

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// world is a writer over a store in memory, with a recorder at every place of the order. Its resource has the bodies of
// deployments and its own hooks.
type world struct {
	*Writer
	t     *testing.T
	res   *resource.Resource
	store *watchedStore
	// steps are the places passed, in order.
	steps []string
	// refuse is the place that refuses, with how often it still does so.
	refuse map[string]int
	// onStep is called at each place, for a test to interfere.
	onStep func(place string)
	// attempts are those that hooks have seen.
	attempts []*resource.Attempt
	warnings []string
	// lastName is the name that the last create asked the store for.
	lastName string
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, refuse: map[string]int{}}
	w.res = &resource.Resource{Row: resources.Row{
		Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment", KindGroup: "apps", KindVersion: "v1",
		Namespaced: true, Storage: "apps/v1", Generation: true,
	}}
	c, err := codec.NewBuiltin(w.res.GVK(), w.res.GVK(), nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.res.Codec = c
	w.res.Default = func(object.Object) { w.step("default") }
	w.res.DropDisabled = func(object.Object, object.Object) { w.step("drop disabled") }
	w.res.Rules = func(object.Object, object.Object) field.ErrorList { return w.faults("rules") }
	w.res.Strategy = w.strategy()
	status := &resource.Resource{Row: w.res.Row, Codec: c, Parent: w.res, Strategy: &resource.Strategy{}}
	status.Subresource = "status"
	w.res.Subresources = map[string]*resource.Resource{"status": status}
	w.store = &watchedStore{Store: memory.New(memory.Options{}), world: w}
	t.Cleanup(func() { _ = w.store.Close() })
	w.Writer = &Writer{
		Store: w.store, Registry: resource.NewRegistry([]*resource.Resource{w.res}), Now: func() time.Time { return noon },
		Admission: admission.NewChain(nil, admission.Named{Name: "gate", Plugin: gate{w}}), Authorizer: authz.AlwaysAllow{},
	}
	return w
}

func (w *world) strategy() *resource.Strategy {
	return &resource.Strategy{
		PrepareForCreate: func(_ context.Context, a *resource.Attempt, _ object.Object) error { return w.hook("prepare", a) },
		PrepareForUpdate: func(_ context.Context, a *resource.Attempt, _, _ object.Object) error { return w.hook("prepare", a) },
		Allocate: func(_ context.Context, a *resource.Attempt, _, _ object.Object) error {
			err := w.hook("allocate", a)
			if err == nil {
				a.OnFailure(func() { w.step("give back") })
				a.OnStored(func() { w.step("keep") })
			}
			return err
		},
		Release: func(_ context.Context, a *resource.Attempt, _ object.Object) {
			_ = w.hook("release", a)
			a.OnStored(func() { w.step("released") })
		},
		Validate:       func(context.Context, object.Object) field.ErrorList { return w.faults("validate") },
		ValidateCreate: func(context.Context, object.Object) field.ErrorList { return w.faults("validate create") },
		ValidateUpdate: func(context.Context, object.Object, object.Object) field.ErrorList {
			return w.faults("validate update")
		},
		Warnings: func(context.Context, object.Object, object.Object) []string {
			w.step("warnings")
			return []string{fmt.Sprintf("attempt %d", len(w.attempts))}
		},
		Conclude: func(_ context.Context, a *resource.Attempt, _, _ object.Object) error { return w.hook("conclude", a) },
		BeforeDelete: func(context.Context, object.Object, *metav1.DeleteOptions) (object.Object, error) {
			return nil, w.step("before delete")
		},
	}
}

// step notes a place, and is the error of one that is to refuse.
func (w *world) step(place string) error {
	w.steps = append(w.steps, place)
	if w.onStep != nil {
		w.onStep(place)
	}
	if w.refuse[place] > 0 {
		w.refuse[place]--
		return fmt.Errorf("%s refuses", place)
	}
	return nil
}

func (w *world) hook(place string, a *resource.Attempt) error {
	if !slices.Contains(w.attempts, a) {
		w.attempts = append(w.attempts, a)
	}
	return w.step(place)
}

func (w *world) faults(place string) field.ErrorList {
	if err := w.step(place); err != nil {
		return field.ErrorList{field.Forbidden(field.NewPath("spec"), err.Error())}
	}
	return nil
}

// gate is admission.
type gate struct{ *world }

func (g gate) Admit(_ context.Context, a *admission.Attributes) error {
	return g.step(describe("mutate", a))
}

func (g gate) Validate(_ context.Context, a *admission.Attributes) error {
	return g.step(describe("judge", a))
}

// describe says what admission is shown of the identity of an object.
func describe(place string, a *admission.Attributes) string {
	if a.Operation == admission.Create && a.Object.GetUID() == "" && a.Object.GetName() == "" {
		return place + " nameless"
	}
	return place
}

// watchedStore notes writes and can lose races.
type watchedStore struct {
	storage.Store
	*world
	// old is what Peek knows; nil for nothing.
	old map[string]storage.KeyValue
	// fail is the error of the next write, which happens all the same if happen is set.
	fail   error
	happen bool
}

func (s *watchedStore) Peek(_ context.Context, key string) (storage.KeyValue, bool) {
	kv, ok := s.old[key]
	return kv, ok
}

func (s *watchedStore) Create(ctx context.Context, key string, value []byte, ttl time.Duration) (int64, error) {
	_, s.lastName = s.res.SplitKey(key)
	_ = s.step("store")
	if err := s.fail; err != nil {
		s.fail = nil
		if s.happen {
			_, _ = s.Store.Create(ctx, key, value, ttl)
		}
		return 0, err
	}
	return s.Store.Create(ctx, key, value, ttl)
}

func (s *watchedStore) Swap(ctx context.Context, seen storage.KeyValue, next []byte, ttl time.Duration) (storage.KeyValue, bool, error) {
	place := "swap"
	if next == nil {
		place = "remove"
	}
	_ = s.step(place)
	if err := s.fail; err != nil {
		s.fail = nil
		if s.happen {
			_, _, _ = s.Store.Swap(ctx, seen, next, ttl)
		}
		return storage.KeyValue{}, false, err
	}
	return s.Store.Swap(ctx, seen, next, ttl)
}

func (w *world) request(name string) *Request {
	return &Request{
		Resource: w.res, Namespace: "ns", Name: name, User: &resource.UserInfo{Name: "ann"},
		Recorder: &resource.Recorder{Warn: func(texts ...string) { w.warnings = append(w.warnings, texts...) }},
	}
}

func deployment(name string) *appsv1.Deployment {
	d := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}}
	d.Name, d.Namespace = name, "ns"
	return d
}

// paused is a change that a client makes.
func paused(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
	o := object.Copy(live.(*appsv1.Deployment))
	o.Spec.Paused = true
	return o, nil
}

// put stores an object past the writer's order, as another server would.
func (w *world) put(o object.Object) storage.KeyValue {
	w.t.Helper()
	b, err := w.res.Codec.Encode(o)
	if err != nil {
		w.t.Fatal(err)
	}
	key := w.res.ObjectKey("ns", o.GetName())
	kv, _, err := w.store.Store.Get(context.Background(), key)
	if err == nil {
		kv, _, err = w.store.Store.Swap(context.Background(), kv, b, 0)
	} else {
		kv.Key, kv.Value = key, b
		kv.Revision, err = w.store.Store.Create(context.Background(), key, b, 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return kv
}

// expect compares the places passed with a list, and checks that all attempts were settled.
func (w *world) expect(want string) {
	w.t.Helper()
	if got := strings.Join(w.steps, " > "); got != want {
		w.t.Errorf("the order is\n  %s, want\n  %s", got, want)
	}
	for i, a := range w.attempts {
		if !a.Settled() {
			w.t.Errorf("attempt %d was not settled", i+1)
		}
	}
	w.steps, w.attempts, w.warnings = nil, nil, nil
}
