package definitions

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	crdschema "github.com/gatehouse-dev/gatehouse/handlers/definitions/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// gvr is the resource that definitions are objects of.
var gvr = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// collection is where definitions lie.
var collection = resource.KeysOf(gvr.Group, gvr.Resource)

// Options are what a Manager is made of.
type Options struct {
	Store storage.Store
	Log   *slog.Logger
}

// Manager serves what definitions define. Safe for concurrent use.
//
// mu guards what is known of the definitions, and with it the order in which the registry learns of them; the registry is
// changed while it is held. Nothing is written or read from the store meanwhile.
type Manager struct {
	store    storage.Store
	log      *slog.Logger
	registry *resource.Registry
	writer   resource.Writer
	objects  *resource.Objects
	pool     *crdschema.Pool
	feed     feeding

	mu      sync.Mutex
	entries map[string]*entry
	groups  map[string]map[string]*entry
	// gone are definitions that this server knows to have gone, with the revision at which it knew: an older state that the feed
	// brings later is none. The feed clears it.
	gone   map[string]int64
	claims map[string]claim
	// busy are definitions whose objects are being deleted; the channel is closed when all have been asked to go.
	busy map[string]chan struct{}
}

// entry is what is known of one definition.
type entry struct {
	revision int64
	head     *apiextensionsv1.CustomResourceDefinition
	defined  *definition
}

// New makes a Manager, which knows nothing before Run.
func New(o Options) *Manager {
	return &Manager{
		store: o.Store, log: o.Log, pool: crdschema.NewPool(), feed: newFeeding(),
		entries: map[string]*entry{}, groups: map[string]map[string]*entry{}, gone: map[string]int64{}, claims: map[string]claim{}, busy: map[string]chan struct{}{},
	}
}

// Serve says where what is defined is to be served, and how the Manager reads and writes. It comes before everything else.
func (m *Manager) Serve(registry *resource.Registry, objects *resource.Objects, writer resource.Writer) {
	m.registry, m.objects, m.writer = registry, objects, writer
}

// state is a definition as it lies in the store; without a head it is gone.
type state struct {
	name     string
	revision int64
	head     *apiextensionsv1.CustomResourceDefinition
}

// read makes the state of a stored definition. One that cannot be read is told of and left as it was.
func (m *Manager) read(kv storage.KeyValue) (state, bool) {
	_, name := collection.Split(kv.Key)
	text, err := skim(kv.Value)
	if err == nil {
		var o any
		if o, err = m.registry.Get(gvr).Codec.Decode(text, kv.Revision); err == nil {
			if head, ok := o.(*apiextensionsv1.CustomResourceDefinition); ok {
				return state{name, kv.Revision, head}, true
			}
		}
	}
	m.log.Error("a stored definition cannot be read, what it defines is not served", "definition", name, "error", err)
	return state{}, false
}

// consequence is what a change of a definition asks for beyond serving it.
type consequence struct {
	// unsettled definitions were stored by who did not say in their status what follows; terminating ones have objects to
	// delete; freed are groups in which names became free.
	unsettled, terminating []string
	freed                  map[string]bool
}

// take makes states what is served, those that are newer than what is known.
func (m *Manager) take(states []state) consequence {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := consequence{freed: map[string]bool{}}
	parts := map[string]*resource.Part{}
	for _, s := range states {
		old := m.entries[s.name]
		if old != nil && old.revision >= s.revision || m.gone[s.name] >= s.revision {
			continue
		}
		if s.head == nil {
			m.drop(s, parts, &after)
			continue
		}
		delete(m.gone, s.name)
		delete(m.claims, s.name)
		e := &entry{revision: s.revision, head: s.head}
		var was *definition
		if old != nil {
			was = old.defined
			if released(old.head, s.head) {
				after.freed[s.head.Spec.Group] = true
			}
		}
		e.defined = m.define(s.head, s.revision, was)
		if e.defined != was {
			parts[s.name] = e.defined.part()
		}
		m.entries[s.name] = e
		group := m.groups[s.head.Spec.Group]
		if group == nil {
			group = map[string]*entry{}
			m.groups[s.head.Spec.Group] = group
		}
		group[s.name] = e
		after.of(s.name, s.head)
	}
	if len(parts) > 0 {
		m.registry.SetMany(resource.Definitions, parts)
	}
	return after
}

// drop forgets a definition that is gone.
func (m *Manager) drop(s state, parts map[string]*resource.Part, after *consequence) {
	m.gone[s.name] = s.revision
	old := m.entries[s.name]
	if old == nil {
		return
	}
	group := old.head.Spec.Group
	delete(m.entries, s.name)
	if delete(m.groups[group], s.name); len(m.groups[group]) == 0 {
		delete(m.groups, group)
	}
	parts[s.name] = nil
	after.freed[group] = true
}

// known is the head of a definition; nil for none.
func (m *Manager) known(name string) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[name]
}

// settleTimeout bounds what is done for a write beside it, so that no client waits for long.
const settleTimeout = 2 * time.Second

// Written implements kind.Definitions. It goes on when the writer has left: what was stored is to be served.
func (m *Manager) Written(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	after, err := m.refresh(ctx, name)
	if err != nil {
		m.log.Warn("a definition that was written is served later", "definition", name, "error", err)
		return // the feed will bring it
	}
	if p, ok := ctx.Value(pendingKey).(*pending); ok {
		p.queue = append(p.queue, after) // it is the Manager that writes
		return
	}
	// The feed may have been faster, and see to what follows; the writer waits for that nevertheless.
	_, group, _ := strings.Cut(name, ".")
	after = consequence{freed: map[string]bool{group: true}}
	if e := m.known(name); e != nil {
		after.of(name, e.head)
	}
	m.follow(ctx, after)
}

// Find reads the definition of a resource that is not served, for another server may just have written it. What it defines is
// served when Find returns. A definition that is not there costs one read of the cache.
func (m *Manager) Find(ctx context.Context, gr schema.GroupResource) error {
	name := gr.Resource + "." + gr.Group
	if !strings.Contains(gr.Group, ".") || resource.CheckName(name) != nil {
		return nil
	}
	if _, err := m.refresh(ctx, name); err != nil {
		return resource.StatusError(err, gvr.GroupResource(), name)
	}
	return nil
}
