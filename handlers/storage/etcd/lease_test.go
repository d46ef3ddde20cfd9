package etcd

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// granter is an etcd that grants leases and remembers for how long.
type granter struct {
	seconds []int64
	err     error
}

func (g *granter) grant(_ context.Context, seconds int64) (clientv3.LeaseID, error) {
	if g.err != nil {
		return 0, g.err
	}
	g.seconds = append(g.seconds, seconds)
	return clientv3.LeaseID(len(g.seconds)), nil
}

func TestLeaseReuse(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	type step struct {
		after time.Duration
		ttl   time.Duration
		want  clientv3.LeaseID
	}
	for name, c := range map[string]struct {
		steps   []step
		granted []int64
		full    []int
	}{
		"an hour's lease serves for a minute": {
			[]step{{0, time.Hour, 1}, {59 * time.Second, time.Hour, 1}, {60 * time.Second, time.Hour, 1}, {61 * time.Second, time.Hour, 2}},
			[]int64{3660, 3660}, []int{3},
		},
		"five percent of a short life": {
			[]step{{0, 100 * time.Second, 1}, {5 * time.Second, 100 * time.Second, 1}, {6 * time.Second, 100 * time.Second, 2}},
			[]int64{105, 105}, []int{2},
		},
		"another time to live": {
			[]step{{0, time.Hour, 1}, {0, time.Minute, 2}, {0, time.Hour, 3}},
			[]int64{3660, 63, 3660}, []int{1, 1},
		},
		"a started second counts": {
			[]step{{0, 1200 * time.Millisecond, 1}, {0, time.Millisecond, 2}},
			[]int64{2, 1}, []int{1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := &granter{}
			var full []int
			l := newLeases(time.Minute, g.grant, func(objects int) { full = append(full, objects) })
			for i, s := range c.steps {
				if id, err := l.get(t.Context(), s.ttl, begin.Add(s.after)); err != nil || id != s.want {
					t.Fatalf("step %d: lease %d, %v; want %d", i, id, err, s.want)
				}
			}
			for i, want := range c.granted {
				if g.seconds[i] != want {
					t.Fatalf("granted %v, want %v", g.seconds, c.granted)
				}
			}
			if !slices.Equal(full, c.full) {
				t.Errorf("leases were given to %v objects, want %v", full, c.full)
			}
		})
	}
}

func TestLeaseIsFullAtSomePoint(t *testing.T) {
	g := &granter{}
	l := newLeases(time.Minute, g.grant, nil)
	now := time.Unix(1_000_000, 0)
	for range leaseObjects + 1 {
		if _, err := l.get(t.Context(), time.Hour, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.seconds) != 2 {
		t.Fatalf("%d leases for %d objects", len(g.seconds), leaseObjects+1)
	}
}

func TestLeaseFailureIsNotRemembered(t *testing.T) {
	g := &granter{err: errors.New("no")}
	l := newLeases(time.Minute, g.grant, nil)
	if _, err := l.get(t.Context(), time.Hour, time.Now()); !errors.Is(err, g.err) {
		t.Fatalf("got %v", err)
	}
	g.err = nil
	if id, err := l.get(t.Context(), time.Hour, time.Now()); err != nil || id != 1 {
		t.Fatalf("lease %d, %v", id, err)
	}
	l.forget(t.Context(), 7)
	if id, _ := l.get(t.Context(), time.Hour, time.Now()); id != 1 {
		t.Fatal("forgetting another lease dropped this one")
	}
	l.forget(t.Context(), 1)
	if id, _ := l.get(t.Context(), time.Hour, time.Now()); id != 2 {
		t.Fatal("a forgotten lease is used")
	}
}

// While an etcd that hangs is asked for a lease nobody waits for it beyond his context; who has the time gets that lease.
func TestLeaseIsWaitedForWithinTheContext(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	l := newLeases(time.Minute, func(context.Context, int64) (clientv3.LeaseID, error) {
		close(asked) // a second question panics
		<-answer
		return 1, nil
	}, nil)
	now := time.Unix(1_000_000, 0)
	got := make(chan clientv3.LeaseID, 2)
	ask := func() {
		id, err := l.get(t.Context(), time.Hour, now)
		if err != nil {
			t.Error(err)
		}
		got <- id
	}
	go ask()
	<-asked
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.get(gone, time.Hour, now); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone hears %v", err)
	}
	l.forget(gone, 1)
	go ask()
	close(answer)
	for range 2 {
		if id := <-got; id != 1 {
			t.Errorf("lease %d", id)
		}
	}
}
