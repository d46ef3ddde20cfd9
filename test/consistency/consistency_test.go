package consistency

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// setting is a number from the environment.
func setting(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := setting(t, "CONSISTENCY_SEED", int(rand.Uint32()))
	t.Logf("CONSISTENCY_SEED=%d", seed)
	return rand.New(rand.NewPCG(uint64(seed), 0))
}

func TestEmbedded(t *testing.T) {
	random := newRandom(t)
	rounds(t, embeddedSystem(t), random, setting(t, "CONSISTENCY_FAULTS", 30))
}

func TestExternal(t *testing.T) {
	random := newRandom(t)
	rounds(t, externalSystem(t, random), random, setting(t, "CONSISTENCY_FAULTS", 10))
}

// faultsPerRound is how many faults one history has. Each leaves operations of unknown outcome, and what they may mean
// together grows fast.
const faultsPerRound = 5

func rounds(t *testing.T, s *system, random *rand.Rand, faults int) {
	made := map[string]int{}
	ops, listings, events := 0, 0, 0
	for n := 0; faults > 0 && !t.Failed(); n++ {
		r := &round{system: s, random: random, namespace: fmt.Sprintf("round-%d", n), made: made}
		r.run(min(faults, faultsPerRound))
		faults -= faultsPerRound
		ops += len(r.history.ops)
		listings += len(r.history.listings)
		for _, w := range r.watchers {
			events += len(w.events)
		}
	}
	t.Logf("%d operations, %d lists and %d watch events held against etcd's history; faults: %v", ops, listings, events, made)
}

// round is one history: clients at work in a namespace of their own while faults happen.
type round struct {
	*system
	random    *rand.Rand
	namespace string
	history   *history
	keys      []string
	watchers  []*watcher
	made      map[string]int
}

const (
	writers = 5
	readers = 3
	keys    = 6
)

func (r *round) run(faults int) {
	r.t.Helper()
	r.history = newHistory()
	for i := range keys {
		r.keys = append(r.keys, fmt.Sprintf("k%d", i))
	}
	r.wait()
	a := r.client(0)
	r.must(a, http.MethodPost, "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": r.namespace}})
	listed := r.must(a, http.MethodGet, a.path(), nil)
	start, err := strconv.ParseInt(listed.Metadata.ResourceVersion, 10, 64)
	if err != nil {
		r.t.Fatal(err)
	}

	var working, watching sync.WaitGroup
	work, stopWork := context.WithCancel(r.t.Context())
	watch, stopWatch := context.WithCancel(r.t.Context())
	defer watching.Wait()
	defer stopWatch()
	defer working.Wait()
	defer stopWork()
	for i := range writers {
		c, random := r.client(1+i), rand.New(rand.NewPCG(r.random.Uint64(), 0))
		working.Go(func() { writer(work, c, r.keys, random) })
	}
	for i := range readers {
		c, random := r.client(1+writers+i), rand.New(rand.NewPCG(r.random.Uint64(), 0))
		working.Go(func() { reader(work, c, r.keys, start, random) })
	}
	r.watchers = r.newWatchers(start)
	for _, w := range r.watchers {
		watching.Go(func() { w.follow(watch) })
	}

	var order []int
	for range faults {
		r.progress(r.random.IntN(3) * r.random.IntN(150))
		if len(order) == 0 {
			order = r.random.Perm(len(r.faults))
		}
		f := r.faults[order[0]]
		order = order[1:]
		r.made[f.name]++
		f.do()
	}
	r.progress(50)
	stopWork()
	working.Wait()
	ends := r.finish()
	r.await(ends)
	stopWatch()
	watching.Wait()
	r.verify(start, slices.Max(slices.Collect(maps.Values(ends))))
}

// client speaks to one of the servers.
func (r *round) client(id int) *api {
	return &api{id: id, namespace: r.namespace, server: r.servers[id%len(r.servers)].endpoint, h: r.history}
}

func (r *round) newWatchers(start int64) []*watcher {
	all := func(string, version) bool { return true }
	out := []*watcher{
		{name: "everything", selects: all},
		{name: "everything, again and again", selects: all, impatient: 100},
		{name: "everything, for a second", selects: all, query: url.Values{"timeoutSeconds": {"1"}}},
		{name: "everything, beginning anew", selects: all, impatient: 40, relists: true},
		{name: "by label", query: url.Values{"labelSelector": {"on=true"}}, selects: func(_ string, v version) bool { return on(v.value) }},
		{name: "by name", query: url.Values{"fieldSelector": {"metadata.name=k1"}}, selects: func(key string, _ version) bool { return key == "k1" }},
	}
	for i, w := range out {
		w.api, w.start = r.client(100+i), start
	}
	return out
}

// progress waits until so many more writes were acknowledged.
func (r *round) progress(writes int) {
	r.t.Helper()
	target := r.history.acknowledged() + writes
	for end := time.Now().Add(patience); r.history.acknowledged() < target; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("no progress; the first server printed:\n%s", r.servers[0].Output())
		}
	}
}

// finish writes every key once more, in order, so that every watch has something to wait for. It returns the revisions.
func (r *round) finish() map[string]int64 {
	r.t.Helper()
	r.wait()
	a := r.client(0)
	ends := map[string]int64{}
	for _, key := range r.keys {
		for end := time.Now().Add(patience); ends[key] == 0 && time.Now().Before(end); {
			for _, k := range []kind{create, patch} {
				// The last digit makes it labelled.
				o := a.run(r.t.Context(), operation{kind: k, key: key, value: fmt.Sprintf("end-%d-0", serial.Add(1))})
				if o.outcome == done {
					ends[key] = o.got.revision
					break
				}
			}
		}
		if ends[key] == 0 {
			r.t.Fatalf("%s cannot be written", key)
		}
	}
	if !a.list(r.t.Context(), newest, 0) {
		r.t.Fatal("no list at the end")
	}
	return ends
}

// await waits until every watch has been told of the last change that concerns it.
func (r *round) await(ends map[string]int64) {
	r.t.Helper()
	for _, w := range r.watchers {
		var last int64
		for key, revision := range ends {
			if w.selects(key, version{value: "0"}) {
				last = max(last, revision)
			}
		}
		for end := time.Now().Add(patience); w.reached.Load() < last; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				r.t.Errorf("watch %s: stands at %d, the last change was at %d", w.name, w.reached.Load(), last)
				break
			}
		}
	}
}

// verify compares everything with what etcd says.
func (r *round) verify(start, end int64) {
	r.t.Helper()
	etcd := dialEtcd(r.t, r.etcd)
	truth := read(r.t.Context(), r.t, etcd, r.namespace, start, end)
	if err := etcd.Close(); err != nil {
		r.t.Error(err)
	}
	faults := check(r.history, truth)
	for _, w := range r.watchers {
		faults = append(faults, w.verify(truth, end)...)
	}
	faults = append(faults, linearizable(r.history, r.keys)...)
	const most = 20
	for i, f := range faults {
		if i == most {
			r.t.Errorf("and %d more", len(faults)-most)
			break
		}
		r.t.Error(r.namespace + ": " + f)
	}
}
