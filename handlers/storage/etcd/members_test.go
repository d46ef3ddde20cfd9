package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// bound is how long anything may take on the busiest machine.
const bound = time.Minute

// Each member crashes once and comes back, among them the leader and the one that the watches hang on, while others write
// and read: what was acknowledged is there, and Feed and Watch tell all of it once and in order.
func TestMembersGoAndCome(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	s := dialCluster(t, c)
	told := listen(t, s)
	stop := make(chan struct{})
	work := startWork(t, s, stop)
	order := slices.Clone(c.members[:])
	leader := slices.Index(order, c.leader(t))
	order[0], order[leader] = order[leader], order[0]
	for _, m := range order {
		work.goesOn(t)
		m.stop()
		work.goesOn(t)
		if err := s.Ready(within(t)); err != nil {
			t.Errorf("one member of three is away: %v", err)
		}
		m.start(t)
		m.ready(t)
	}
	work.goesOn(t)
	close(stop)
	told.all(t, s, work.done())
}

// Without a quorum nothing is answered that might be old and nothing waits beyond its context; when the members are back
// everything goes on.
func TestQuorumLost(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	s := dialCluster(t, c)
	told := listen(t, s)
	before, err := s.Create(within(t), "/before", []byte("v"), 0)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]int64{"/before": before}
	c.members[0].stop()
	c.members[1].stop()
	for name, ask := range map[string]func(context.Context) error{
		"revision": func(ctx context.Context) error { _, err := s.Revision(ctx); return err },
		"get":      func(ctx context.Context) error { _, _, err := s.Get(ctx, "/before"); return err },
		"list":     func(ctx context.Context) error { _, err := s.List(ctx, "/", storage.ListOptions{}); return err },
		"create":   func(ctx context.Context) error { _, err := s.Create(ctx, "/lost", []byte("v"), 0); return err },
		"event":    func(ctx context.Context) error { _, err := s.Create(ctx, "/event", []byte("v"), time.Hour); return err },
		"ready":    s.Ready,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := ask(ctx); !errors.Is(err, storage.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Cleanup(func() {
		// After the questions above, which run beside each other.
		c.members[0].start(t)
		c.members[1].start(t)
		c.members[0].ready(t)
		c.members[1].ready(t)
		ctx, cancel := context.WithTimeout(context.Background(), bound)
		defer cancel()
		if err := s.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		if acknowledged["/after"], err = s.Create(ctx, "/after", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		told.all(t, s, acknowledged)
	})
}

// What happens to the member that Feed and Watch hang on, as clients come to it.
func TestMemberOutOfTouch(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		begins func(*cluster, *member)
		ends   func(*cluster, *testing.T, *member)
	}{
		"hangs": {
			func(_ *cluster, m *member) { m.wire.freeze() },
			func(_ *cluster, _ *testing.T, m *member) { m.wire.thaw() },
		},
		"is cut off from the others only": {(*cluster).isolate, (*cluster).join},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			testOutOfTouch(t, c.begins, c.ends)
		})
	}
}

// Reads are answered by the other members and are never old, writes go on, and so do Feed and Watch, before the member takes
// part again.
func testOutOfTouch(t *testing.T, begins func(*cluster, *member), ends func(*cluster, *testing.T, *member)) {
	c := startCluster(t)
	for _, m := range c.members[1:] {
		m.wire.lead("")
	}
	s := dialCluster(t, c)
	told := listen(t, s)
	acknowledged := map[string]int64{"/first": create(t, s, "/first")}
	told.all(t, s, acknowledged)
	for _, m := range c.members[1:] {
		m.connect()
	}
	for deadline := time.Now().Add(bound); !c.members[1].wire.used() || !c.members[2].wire.used(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the client does not come to the other members")
		}
	}
	begins(c, c.members[0])
	for n := range 4 {
		key := fmt.Sprint("/", n)
		written := create(t, s, key)
		acknowledged[key] = written
		if now, err := s.Revision(within(t)); err != nil || now < written {
			t.Errorf("revision %d after %d: %v", now, written, err)
		}
		if kv, _, err := s.Get(within(t), key); err != nil || kv.Revision != written {
			t.Errorf("get %s: %+v, %v", key, kv, err)
		}
		if list, err := s.List(within(t), "/", storage.ListOptions{}); err != nil || len(list.Items) != len(acknowledged) {
			t.Errorf("list: %d of %d, %v", len(list.Items), len(acknowledged), err)
		}
	}
	told.all(t, s, acknowledged)
	ends(c, t, c.members[0])
	acknowledged["/last"] = create(t, s, "/last")
	told.all(t, s, acknowledged)
}

// create writes until it is acknowledged, and gives the revision at which the key appeared.
func create(t *testing.T, s *etcd.Store, key string) int64 {
	t.Helper()
	for {
		revision, err := s.Create(within(t), key, []byte("v"), 0)
		if errors.Is(err, storage.ErrUnavailable) {
			continue
		}
		if errors.Is(err, storage.ErrExists) {
			kv, _, err := s.Get(within(t), key)
			if err != nil {
				t.Fatal(err)
			}
			return kv.Revision
		}
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
}

func dialCluster(t *testing.T, c *cluster) *etcd.Store {
	t.Helper()
	s, err := etcd.Dial(c.target, etcd.Options{Prefix: "/p", BookmarkInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// within is a context for one question.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), bound)
	t.Cleanup(cancel)
	return ctx
}

// work is several who write and read all the time.
type work struct {
	group sync.WaitGroup
	// wrote and read count what succeeded, for each.
	wrote, read  [4]atomic.Int64
	mu           sync.Mutex
	acknowledged map[string]int64
}

func startWork(t *testing.T, s *etcd.Store, stop <-chan struct{}) *work {
	w := &work{acknowledged: map[string]int64{}}
	for i := range w.wrote {
		w.group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Sprintf("/%d/%d", i, n)
				revision, err := s.Create(within(t), key, []byte("v"), 0)
				switch {
				case err == nil:
					w.mu.Lock()
					w.acknowledged[key] = revision
					w.mu.Unlock()
					w.wrote[i].Add(1)
				case !errors.Is(err, storage.ErrUnavailable):
					t.Errorf("create %s: %v", key, err)
					return
				}
				now, err := s.Revision(within(t))
				if err != nil && !errors.Is(err, storage.ErrUnavailable) || err == nil && now < revision {
					t.Errorf("revision %d, %v after a write at %d", now, err, revision)
				}
				if err == nil {
					w.read[i].Add(1)
				}
			}
		})
	}
	return w
}

// goesOn waits until everybody has written and read again.
func (w *work) goesOn(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(bound)
	for i := range w.wrote {
		wrote, read := w.wrote[i].Load(), w.read[i].Load()
		for w.wrote[i].Load() < wrote+3 || w.read[i].Load() < read+3 {
			if time.Now().After(deadline) {
				t.Fatal("nothing goes on")
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// done is what was acknowledged, once all have stopped.
func (w *work) done() map[string]int64 {
	w.group.Wait()
	return w.acknowledged
}

// told is what a Feed and a Watch have said.
type told struct {
	mu          sync.Mutex
	feed, watch []storage.Event
}

func listen(t *testing.T, s *etcd.Store) *told {
	t.Helper()
	out := &told{}
	now, err := s.Revision(within(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w, err := s.Watch(ctx, "/", now)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for e := range w.Events() {
			if e.Type != storage.Bookmark {
				out.mu.Lock()
				out.watch = append(out.watch, e)
				out.mu.Unlock()
			}
		}
		if ctx.Err() == nil {
			t.Errorf("the watch ended: %v", w.Err())
		}
	})
	group.Go(func() {
		err := s.Feed(ctx, now, func(changes []storage.Event, _ int64) error {
			out.mu.Lock()
			defer out.mu.Unlock()
			out.feed = append(out.feed, changes...)
			return nil
		})
		if ctx.Err() == nil {
			t.Errorf("the feed ended: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	return out
}

// all waits until both have come to what the store holds now, and checks that they said it all, once and in order.
func (w *told) all(t *testing.T, s *etcd.Store, acknowledged map[string]int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	list, err := s.List(ctx, "/", storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]int64{}
	last := int64(0)
	for _, kv := range list.Items {
		held[kv.Key] = kv.Revision
		last = max(last, kv.Revision)
	}
	for key, revision := range acknowledged {
		if held[key] != revision {
			t.Errorf("%s was written at %d and is there at %d", key, revision, held[key])
		}
	}
	for name, events := range map[string]*[]storage.Event{"feed": &w.feed, "watch": &w.watch} {
		var got []storage.Event
		for {
			w.mu.Lock()
			got = slices.Clone(*events)
			w.mu.Unlock()
			if len(got) > 0 && got[len(got)-1].Revision >= last {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("the %s has not come to revision %d", name, last)
			}
			time.Sleep(time.Millisecond)
		}
		seen := int64(0)
		for _, e := range got {
			if e.Revision <= seen {
				t.Errorf("the %s said revision %d after %d", name, e.Revision, seen)
			}
			if seen = e.Revision; held[e.Key] != e.Revision {
				t.Errorf("the %s said %s at %d, which is there at %d", name, e.Key, e.Revision, held[e.Key])
			}
		}
		if len(got) != len(held) {
			t.Errorf("the %s said %d changes of %d", name, len(got), len(held))
		}
	}
}
