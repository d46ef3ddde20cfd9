// Package storagetest is the contract of storage.Store as tests: every implementation runs them.
//
// Each test opens a store of its own, so an implementation may hand out a new server or a new corner of a shared one;
// its keys must be empty, its revisions may be anything. Nothing here measures time: the waits only keep a broken store
// from hanging the run.
package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Open makes an empty store for one test. It closes the store with t.Cleanup; a second Close must do no harm.
type Open func(t *testing.T) storage.Store

// patience is how long something that must happen may take. It is generous: machines that run tests are slow ones, and
// a store may take a minute to send a bookmark.
const patience = 90 * time.Second

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"read", readTests}, {"list", listTests}, {"create", createTests}, {"update", updateTests},
		{"swap", swapTests},
		{"race", raceTests}, {"ttl", ttlTests}, {"watch", watchTests}, {"watch end", watchEndTests},
		{"history", historyTests}, {"close", closeTests}, {"keys", keyTests},
		{"size", sizeTests}, {"load", loadTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.tests {
				t.Run(c.name, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					c.run(&suite{T: t, ctx: ctx, store: open(t)})
				})
			}
		})
	}
}

type test struct {
	name string
	run  func(*suite)
}

// suite is one test's store with what the tests do again and again. Its methods end the test when the store fails.
type suite struct {
	*testing.T
	ctx   context.Context
	store storage.Store
}

func (s *suite) create(key, value string) int64 {
	s.Helper()
	revision, err := s.store.Create(s.ctx, key, []byte(value), 0)
	if err != nil {
		s.Fatalf("create %q: %v", key, err)
	}
	return revision
}

func (s *suite) update(key, value string) int64 {
	s.Helper()
	pair, err := storage.Update(s.ctx, s.store, key, 0, to(value))
	if err != nil {
		s.Fatalf("update %q: %v", key, err)
	}
	return pair.Revision
}

func (s *suite) delete(key string) int64 {
	s.Helper()
	pair, err := storage.Update(s.ctx, s.store, key, 0, remove)
	if err != nil {
		s.Fatalf("delete %q: %v", key, err)
	}
	return pair.Revision
}

func (s *suite) revision() int64 {
	s.Helper()
	revision, err := s.store.Revision(s.ctx)
	if err != nil {
		s.Fatalf("revision: %v", err)
	}
	return revision
}

func (s *suite) list(prefix string, o storage.ListOptions) storage.ListResult {
	s.Helper()
	result, err := s.store.List(s.ctx, prefix, o)
	if err != nil {
		s.Fatalf("list %q %+v: %v", prefix, o, err)
	}
	return result
}

// wantValue checks what a key holds now.
func (s *suite) wantValue(key, value string, revision int64) {
	s.Helper()
	pair, now, err := s.store.Get(s.ctx, key)
	if err != nil {
		s.Fatalf("get %q: %v", key, err)
	}
	if pair.Key != key || string(pair.Value) != value || pair.Revision != revision {
		s.Fatalf("got %s, want %s", show(pair), show(storage.KeyValue{Key: key, Value: []byte(value), Revision: revision}))
	}
	if now < revision {
		s.Fatalf("the store is at revision %d, and holds one of %d", now, revision)
	}
}

// eventually waits for a condition that the store must come to by itself.
func (s *suite) eventually(what string, done func() bool) {
	s.Helper()
	for !done() {
		select {
		case <-s.ctx.Done():
			s.Fatalf("gave up waiting: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// to makes an update that writes value unconditionally; remove is the one that deletes.
func to(value string) storage.UpdateFunc {
	return func(storage.KeyValue) ([]byte, error) { return []byte(value), nil }
}

func remove(storage.KeyValue) ([]byte, error) { return nil, nil }

func show(kv storage.KeyValue) string {
	return fmt.Sprintf("%q=%.40q@%d", kv.Key, kv.Value, kv.Revision)
}

func keysOf(items []storage.KeyValue) string {
	out := ""
	for _, kv := range items {
		out += kv.Key + " "
	}
	return out
}
