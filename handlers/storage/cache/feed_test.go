package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// faulty is a backend whose feed can be held up or made to lose its place.
type faulty struct {
	storage.Feeder
	mu   sync.Mutex
	held chan struct{}
	// lose ends the present feed; ended is closed when it has.
	lose context.CancelFunc
}

func (f *faulty) hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = make(chan struct{})
	return sync.OnceFunc(func() { close(f.held) })
}

func (f *faulty) wait() {
	f.mu.Lock()
	held := f.held
	f.mu.Unlock()
	if held != nil {
		<-held
	}
}

func (f *faulty) Feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	inner, lose := context.WithCancel(ctx)
	defer lose()
	f.mu.Lock()
	f.lose = lose
	f.mu.Unlock()
	err := f.Feeder.Feed(inner, from, func(changes []storage.Event, through int64) error {
		f.wait()
		return apply(changes, through)
	})
	if ctx.Err() == nil && inner.Err() != nil {
		return fmt.Errorf("lost: %w", storage.ErrCompacted)
	}
	return err
}

func (f *faulty) loseTrack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose()
}

// A read does not wait for ever for changes that do not come, nor answers without them.
func TestReadsDoNotWaitForEver(t *testing.T) {
	backend := &faulty{Feeder: openEmbedded(t, t.TempDir())}
	c := over(t, backend, cache.Options{Patience: 50 * time.Millisecond})
	release := backend.hold()
	defer release()
	at, err := c.Create(t.Context(), "/x/a", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(t.Context(), "/x/a"); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	if v, loaded := c.Latest(); !loaded || v.Revision >= at {
		t.Fatalf("the latest is %d, %v", v.Revision, loaded)
	}
	release()
	for err = storage.ErrUnavailable; errors.Is(err, storage.ErrUnavailable); {
		_, _, err = c.Get(t.Context(), "/x/a")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A cache that lost track loads everything again: watches end, because nobody knows what they missed, and reads go on.
func TestLostTrack(t *testing.T) {
	backend := &faulty{Feeder: openEmbedded(t, t.TempDir())}
	var log bytes.Buffer
	c := over(t, backend, cache.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	put(t, c, "/x/a", "1")
	w, err := c.Watch(t.Context(), "/x/", 0)
	if err != nil {
		t.Fatal(err)
	}
	backend.loseTrack()
	for range w.Events() {
	}
	if !errors.Is(w.Err(), storage.ErrCompacted) {
		t.Fatalf("the watch ended with %v, want ErrCompacted", w.Err())
	}
	at := put(t, c, "/x/b", "2")
	kv, now, err := c.Get(t.Context(), "/x/b")
	if err != nil || kv.Revision != at || now < at || string(kv.Value) != "2" {
		t.Fatalf("got %+v at %d, %v", kv, now, err)
	}
	if again, err := c.Watch(t.Context(), "/x/", at-1); err != nil {
		t.Fatal(err)
	} else if e := <-again.Events(); e.Key != "/x/b" || e.Revision != at {
		t.Fatalf("got %+v", e)
	}
}

// Before everything is loaded the cache is not ready, and says so rather than that it is empty.
func TestNotLoaded(t *testing.T) {
	inner := openEmbedded(t, t.TempDir())
	backend := &slowLoad{Feeder: inner, release: make(chan struct{})}
	c := cache.New(backend, cache.Options{})
	defer c.Close()
	if err := c.Ready(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("ready says %v", err)
	}
	if _, loaded := c.Latest(); loaded {
		t.Error("there is a state before the first load")
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := c.Get(short, "/x/a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("get says %v", err)
	}
	close(backend.release)
	<-c.Loaded()
	if err := c.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// slowLoad lets nobody read before it is released.
type slowLoad struct {
	storage.Feeder
	release chan struct{}
}

func (s *slowLoad) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	select {
	case <-s.release:
		return s.Feeder.Load(ctx, take)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
