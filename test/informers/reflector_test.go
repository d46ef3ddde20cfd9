package informers

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/features"
	featuretesting "k8s.io/client-go/features/testing"
	"k8s.io/client-go/tools/cache"
)

// follower is a reflector with a store that notes all it is told.
type follower struct {
	name string
	lw   *cache.ListWatch

	mu    sync.Mutex
	items map[string]*corev1.ConfigMap
	runs  []run
	// lists and watches count requests that were answered; resumed are the watches that went on from where another ended.
	lists, watches, resumed int
	faults                  []string
}

// run is a whole state at a revision and the changes that were told after it.
type run struct {
	revision int64
	state    map[string]int64
	changes  []change
}

func newFollower(e *env, name, namespace, contentType string) *follower {
	f := &follower{name: name, items: map[string]*corev1.ConfigMap{}}
	client := e.client(e.faulty, contentType).CoreV1().ConfigMaps(namespace)
	f.lw = &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list, err := client.List(ctx, o)
			f.count(err, &f.lists)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := client.Watch(ctx, o)
			f.count(err, &f.watches)
			if o.SendInitialEvents == nil {
				f.count(err, &f.resumed)
			}
			return w, err
		},
	}
	return f
}

func (f *follower) count(err error, what *int) {
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		*what++
	}
}

// start runs a reflector for the follower until the test ends. It comes back quickly, so that the test does.
func (f *follower) start(t *testing.T, streaming bool) {
	t.Helper()
	featuretesting.SetFeatureDuringTest(t, features.WatchListClient, streaming)
	r := cache.NewReflectorWithOptions(f.lw, &corev1.ConfigMap{}, f, cache.ReflectorOptions{
		Name: f.name, Backoff: &wait.Backoff{Duration: 20 * time.Millisecond, Cap: 100 * time.Millisecond, Factor: 2, Steps: 5},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.RunWithContext(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func (f *follower) Add(o any) error    { return f.take(o, "added", false) }
func (f *follower) Update(o any) error { return f.take(o, "updated", false) }
func (f *follower) Delete(o any) error { return f.take(o, "deleted", true) }

// Resync has nothing to do: nothing waits in this store.
func (f *follower) Resync() error { return nil }

// take notes a change. What is told must fit what the store has.
func (f *follower) take(o any, how string, gone bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	object := o.(*corev1.ConfigMap)
	revision, err := strconv.ParseInt(object.ResourceVersion, 10, 64)
	if err != nil {
		return err
	}
	if _, had := f.items[object.Name]; had == (how == "added") {
		f.faults = append(f.faults, fmt.Sprintf("%s is %s at %d, had it before: %v", object.Name, how, revision, had))
	}
	if f.items[object.Name] = object; gone {
		delete(f.items, object.Name)
	}
	last := &f.runs[len(f.runs)-1]
	last.changes = append(last.changes, change{object.Name, revision, gone})
	return nil
}

// Replace begins a run.
func (f *follower) Replace(objects []any, version string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	revision, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return err
	}
	r := run{revision: revision, state: map[string]int64{}}
	clear(f.items)
	for _, o := range objects {
		object := o.(*corev1.ConfigMap)
		if r.state[object.Name], err = strconv.ParseInt(object.ResourceVersion, 10, 64); err != nil {
			return err
		}
		f.items[object.Name] = object
	}
	f.runs = append(f.runs, r)
	return nil
}

// through is the revision of the newest thing that the follower knows.
func (f *follower) through() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.runs) == 0 {
		return 0
	}
	return f.runs[len(f.runs)-1].through()
}

func (r run) through() int64 {
	if n := len(r.changes); n > 0 {
		return r.changes[n-1].revision
	}
	return r.revision
}

// started is how many runs there were.
func (f *follower) started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.runs)
}

// verify compares all that was told with what happened: each state with that of its revision, and after it each change
// once and in order. Where a new state took the place of changes, it is no older than what was known.
func (f *follower) verify(h *history, end int64) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	faults := f.faults
	for i, r := range f.runs {
		if want := h.state(r.revision); !maps.Equal(want, r.state) {
			faults = append(faults, fmt.Sprintf("state %d at revision %d has %v, want %v", i, r.revision, r.state, want))
		}
		last := r.through()
		if i == len(f.runs)-1 {
			last = max(last, end)
		} else if next := f.runs[i+1].revision; next < last {
			faults = append(faults, fmt.Sprintf("state %d goes back from revision %d to %d", i+1, last, next))
		}
		if differs := first(r.changes, h.between(r.revision, last)); differs != "" {
			faults = append(faults, fmt.Sprintf("after state %d at revision %d: %s", i, r.revision, differs))
		}
	}
	return faults
}
