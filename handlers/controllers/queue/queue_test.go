package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// diary notes what was worked on and when, in milliseconds.
type diary struct {
	mu    sync.Mutex
	began time.Time
	lines []string
	at    map[string]int
}

func (d *diary) note(key string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf("%s@%d", key, time.Since(d.began).Milliseconds()))
	d.at[key]++
	return d.at[key]
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{began: time.Now(), at: map[string]int{}}
		var q *Queue
		q = New("test", 1, nil, slog.New(slog.DiscardHandler), func(_ context.Context, key string) (time.Duration, error) {
			n := d.note(key)
			switch {
			case key == "fails" && n < 4:
				return 0, errors.New("not yet")
			case key == "again" && n == 1:
				return 100 * time.Millisecond, nil
			case key == "dirty" && n == 1:
				q.Add("dirty")
				q.Add("dirty")
				time.Sleep(time.Millisecond)
			}
			return 0, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { q.Run(ctx) })
		for _, key := range []string{"a", "a", "fails", "again", "dirty"} {
			q.Add(key)
		}
		q.AddAfter("later", 50*time.Millisecond)
		q.AddAfter("now", 0)
		time.Sleep(time.Second)
		cancel()
		running.Wait()
		want := "a@0 fails@0 again@0 dirty@0 now@1 dirty@1 fails@5 fails@15 fails@35 later@50 again@100"
		if got := strings.Join(d.lines, " "); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		s := q.Stats()
		if s.Depth != 0 || s.Retries != 3 || s.Faults != 3 || s.Worked.Count != 11 || s.Waited.Count != 11 || s.Adds != 11 {
			t.Errorf("%+v", s)
		}
		if len(q.state)+len(q.failures)+len(q.later)+q.working != 0 {
			t.Errorf("something is kept: %+v", q)
		}
	})
}

// Never more workers than allowed, and never two for one key.
func TestWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most, on := 0, 0, map[string]bool{}
		q := New("test", 3, NewPace(1000), slog.New(slog.DiscardHandler), func(_ context.Context, key string) (time.Duration, error) {
			mu.Lock()
			if on[key] {
				t.Errorf("two work on %s", key)
			}
			on[key] = true
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			on[key] = false
			now--
			return 0, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { q.Run(ctx) })
		for i := range 100 {
			q.Add(fmt.Sprint(i % 40))
		}
		time.Sleep(time.Second)
		cancel()
		running.Wait()
		if most != 3 {
			t.Errorf("%d workers", most)
		}
	})
}

// The pace of all queues together is bounded, after what may be done at once.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := NewPace(100), time.Now()
		for range 300 {
			if err := p.Take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 1990*time.Millisecond || took > 2010*time.Millisecond {
			t.Errorf("300 steps took %s", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if p.Take(ctx) == nil {
			t.Error("a step after the end")
		}
	})
}
