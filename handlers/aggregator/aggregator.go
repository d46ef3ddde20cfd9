// Package aggregator serves the group-versions of other API servers, which APIService objects name: it carries requests to them
// under the server's own certificate, says whether they can be reached, and has them in discovery. Nothing of it runs, but a
// list of the objects, before there is one that names another server.
package aggregator

import (
	"context"
	"crypto/tls"
	"iter"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// How often a server that is available is looked at again, and the first and the longest pause after one was found not to be.
// They are upstream's.
const (
	recheck    = 30 * time.Second
	firstPause = 5 * time.Millisecond
)

// workers is how many servers are looked at at once: one that does not answer takes six seconds.
const workers = 5

// Settings of an Aggregator.
type Settings struct {
	Store   storage.Store
	Objects *resource.Objects
	Writer  resource.Writer
	// Certificate is what other servers know this one by, asked for each connection; nil shows none.
	Certificate func() *tls.Certificate
	// Endpoints has requests go to the endpoints of a service and not to its address.
	Endpoints bool
	// UID tells other servers the uid of a user, too.
	UID bool
	// ForwardRedirects hands redirects of other servers to clients, instead of refusing them.
	ForwardRedirects bool
	Log              *slog.Logger
}

// Aggregator follows APIService objects. Make one with New; Run follows.
type Aggregator struct {
	Settings
	resource *resource.Resource
	feed     *feed.Feed
	queue    *queue.Queue
	// life ends when Run returns, and with it what lasts of the requests to other servers.
	life context.Context
	end  context.CancelFunc

	mu sync.Mutex
	// known are the objects, remotes what was made of those that name another server; both by name.
	known   map[string]*apiregistrationv1.APIService
	remotes map[string]*remote
	// beside starts following services when there is the first remote, for as long as Run runs.
	beside func()
}

var (
	apiServices    = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	services       = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
)

// New makes an aggregator for the registry of the objects. It is idle, and harmless to run, where APIService objects are not
// served.
func New(s Settings) *Aggregator {
	a := &Aggregator{Settings: s, known: map[string]*apiregistrationv1.APIService{}, remotes: map[string]*remote{}}
	a.life, a.end = context.WithCancel(context.Background())
	a.resource = s.Objects.Registry.Get(apiServices)
	a.queue = queue.New("remote_available_controller", workers, nil, s.Log, a.sync)
	a.feed = feed.New(s.Store, collections(apiServices), objects{a}, s.Log)
	return a
}

func collections(all ...schema.GroupVersionResource) []storage.Collection {
	out := make([]storage.Collection, len(all))
	for i, gvr := range all {
		out[i] = resource.KeysOf(gvr.Group, gvr.Resource)
	}
	return out
}

// Wait returns when the objects have been read.
func (a *Aggregator) Wait(ctx context.Context) error {
	if a.resource == nil {
		return nil
	}
	return a.feed.Wait(ctx)
}

// Run follows until ctx ends. It must run once.
func (a *Aggregator) Run(ctx context.Context) {
	defer a.end()
	if a.resource == nil {
		return
	}
	var running sync.WaitGroup
	defer a.close()
	defer running.Wait()
	a.mu.Lock()
	a.beside = sync.OnceFunc(func() {
		running.Go(func() { feed.New(a.Store, collections(services, endpointSlices), backends{a}, a.Log).Run(ctx) })
	})
	a.mu.Unlock()
	running.Go(func() { a.queue.Run(ctx) })
	a.feed.Run(ctx)
}

// close lets go of the connections to other servers.
func (a *Aggregator) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.remotes {
		r.close()
	}
}

// objects is the sink for APIService objects.
type objects struct{ *Aggregator }

func (a objects) Replace(_ int, items iter.Seq2[storage.KeyValue, error]) {
	now := map[string]*apiregistrationv1.APIService{}
	for kv, err := range items {
		if err != nil {
			return // it is listed again
		}
		if o := a.read(kv); o != nil {
			now[o.Name] = o
		}
	}
	a.mu.Lock()
	before := a.known
	a.known = now
	a.mu.Unlock()
	for _, all := range []map[string]*apiregistrationv1.APIService{before, now} {
		for name := range all {
			a.queue.Add(name)
		}
	}
}

func (a objects) Change(_ int, e storage.Event) {
	_, name := a.resource.SplitKey(e.Key)
	o := (*apiregistrationv1.APIService)(nil)
	if e.Type == storage.Put {
		if o = a.read(storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision}); o == nil {
			return // what cannot be read changes nothing
		}
	}
	a.mu.Lock()
	if o == nil {
		delete(a.known, name)
	} else {
		a.known[name] = o
	}
	a.mu.Unlock()
	a.queue.Add(name)
}

func (a objects) Publish() {}

func (a *Aggregator) read(kv storage.KeyValue) *apiregistrationv1.APIService {
	o, err := a.resource.Decode(context.Background(), kv.Value, kv.Revision)
	if err != nil {
		a.Log.Warn("an APIService cannot be read", "key", kv.Key, "error", err)
		return nil
	}
	service, _ := o.(*apiregistrationv1.APIService)
	return service
}

// backends is the sink for what APIService objects name: a change of a service or of its endpoints has the servers behind it
// looked at.
type backends struct{ *Aggregator }

// Replace looks at everything: changes may have been missed.
func (a backends) Replace(int, iter.Seq2[storage.KeyValue, error]) {
	a.again(func(*remote) bool { return true })
}

func (a backends) Change(prefix int, e storage.Event) {
	a.again(func(r *remote) bool {
		if prefix == 0 {
			return resource.KeysOf(services.Group, services.Resource).Key(r.namespace, r.name) == e.Key
		}
		// Whose endpoints they are is said inside; that a slice has the name somewhere is enough for a look.
		namespace, _ := resource.KeysOf(endpointSlices.Group, endpointSlices.Resource).Split(e.Key)
		return namespace == r.namespace && (e.Type != storage.Put || contains(e.Value, r.name))
	})
}

func (a backends) Publish() {}

func (a *Aggregator) again(which func(*remote) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, r := range a.remotes {
		if which(r) {
			a.queue.Add(name)
		}
	}
}
