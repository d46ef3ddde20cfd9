package definitions

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiextensions"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// feeding is what the feed of the store has brought and is not taken yet; it belongs to the feed's goroutine.
type feeding struct {
	changed []state
	// begun is closed with running set: what outlives a request runs from then on, until Run ends.
	begun   chan struct{}
	running context.Context
	beside  *sync.WaitGroup
	feed    *feed.Feed
}

func newFeeding() feeding { return feeding{begun: make(chan struct{}), beside: &sync.WaitGroup{}} }

// Run reads the definitions and follows them until ctx ends. It must run once.
func (m *Manager) Run(ctx context.Context) {
	m.feed.feed = feed.New(m.store, []storage.Collection{collection}, m, m.log)
	m.feed.running = ctx
	close(m.feed.begun)
	m.feed.feed.Run(ctx)
	m.feed.beside.Wait()
}

// Wait returns when what lay in the store at the start is served.
func (m *Manager) Wait(ctx context.Context) error {
	select {
	case <-m.feed.begun:
		return m.feed.feed.Wait(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Replace implements feed.Sink. Definitions may be a hundred kilobytes each, so they are read side by side.
func (m *Manager) Replace(_ int, items iter.Seq2[storage.KeyValue, error]) {
	values := make(chan storage.KeyValue)
	var mu sync.Mutex
	var readers sync.WaitGroup
	var all []state
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for kv := range values {
				if s, ok := m.read(kv); ok {
					mu.Lock()
					all = append(all, s)
					mu.Unlock()
				}
			}
		})
	}
	there := map[string]bool{}
	for kv, err := range items {
		if err != nil {
			break // everything comes again
		}
		_, name := collection.Split(kv.Key)
		there[name] = true
		values <- kv
	}
	close(values)
	readers.Wait()
	m.feed.changed = append(m.feed.changed, all...)
	for _, name := range m.names() {
		if !there[name] {
			// It went while nobody followed, or came while the list was read.
			if s, err := m.newest(m.feed.running, name); err == nil {
				m.feed.changed = append(m.feed.changed, s)
			}
		}
	}
}

// Change implements feed.Sink.
func (m *Manager) Change(_ int, e storage.Event) {
	if e.Type == storage.Deleted {
		_, name := collection.Split(e.Key)
		m.feed.changed = append(m.feed.changed, state{name: name, revision: e.Revision})
		return
	}
	if s, ok := m.read(storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision}); ok {
		m.feed.changed = append(m.feed.changed, s)
	}
}

// Publish implements feed.Sink.
func (m *Manager) Publish() {
	slices.SortStableFunc(m.feed.changed, func(a, b state) int { return int(min(1, max(-1, a.revision-b.revision))) })
	last := int64(0)
	if n := len(m.feed.changed); n > 0 {
		last = m.feed.changed[n-1].revision
	}
	after := m.take(m.feed.changed)
	m.feed.changed = nil
	m.forgetGone(last)
	if len(after.unsettled)+len(after.terminating)+len(after.freed) > 0 {
		m.feed.beside.Go(func() { m.follow(m.feed.running, after) })
	}
}

// forgetGone drops what is kept of definitions that went before a revision that the feed has passed.
func (m *Manager) forgetGone(passed int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, revision := range m.gone {
		if revision < passed {
			delete(m.gone, name)
		}
	}
}

func (m *Manager) names() (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.entries {
		out = append(out, name)
	}
	return out
}

// newest is a definition as it lies in the store now.
func (m *Manager) newest(ctx context.Context, name string) (state, error) {
	kv, revision, err := m.store.Get(ctx, collection.Key("", name))
	if errors.Is(err, storage.ErrNotFound) {
		return state{name: name, revision: revision}, nil
	}
	if err != nil {
		return state{}, err
	}
	if e := m.known(name); e != nil && e.revision >= kv.Revision {
		return state{name, e.revision, e.head}, nil
	}
	s, ok := m.read(kv)
	if !ok {
		return s, errSkim
	}
	return s, nil
}

// refresh takes a definition as it lies in the store now.
func (m *Manager) refresh(ctx context.Context, name string) (consequence, error) {
	s, err := m.newest(ctx, name)
	if err != nil {
		return consequence{}, err
	}
	if s.head == nil && m.known(name) == nil {
		return consequence{freed: map[string]bool{}}, nil
	}
	return m.take([]state{s}), nil
}

// of notes what a definition asks for.
func (c *consequence) of(name string, head *apiextensionsv1.CustomResourceDefinition) {
	if !apiextensions.IsSettled(head) {
		c.unsettled = append(c.unsettled, name)
	}
	if head.DeletionTimestamp != nil && slices.Contains(head.Finalizers, apiextensions.Cleanup) {
		c.terminating = append(c.terminating, name)
	}
}

// pending are the consequences of what the Manager itself writes, which it sees to when it has done that. They belong to one
// goroutine, and travel with its context.
type pending struct{ queue []consequence }

type contextKey int

const pendingKey contextKey = 0

// follow does what a change asks for, and what that asks for.
func (m *Manager) follow(ctx context.Context, c consequence) {
	p := &pending{queue: []consequence{c}}
	ctx = context.WithValue(ctx, pendingKey, p)
	for len(p.queue) > 0 {
		c, p.queue = p.queue[0], p.queue[1:]
		for _, name := range c.unsettled {
			m.settle(ctx, name)
		}
		for group := range c.freed {
			for _, name := range m.waiting(group) {
				m.settle(ctx, name)
			}
		}
		for _, name := range c.terminating {
			if m.clean(ctx, name); m.known(name) == nil {
				_, group, _ := strings.Cut(name, ".")
				p.queue = append(p.queue, consequence{freed: map[string]bool{group: true}})
			}
		}
	}
}

// waiting are definitions of a group that want names which others had.
func (m *Manager) waiting(group string) (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, e := range m.groups[group] {
		if !apiextensions.HasNames(e.head) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// settle writes a definition as it is: the write itself says in its status what follows.
func (m *Manager) settle(ctx context.Context, name string) {
	_, err := m.writer.Update(ctx, resource.OwnWrite{Resource: gvr, Subresource: "status", Name: name}, func(object.Object) error { return nil })
	if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
		m.log.Warn("the status of a definition could not be written", "definition", name, "error", err)
	}
}
