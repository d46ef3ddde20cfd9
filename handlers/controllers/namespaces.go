package controllers

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// The collections that are followed, and their numbers in the feed.
const (
	namespaces = iota
	accounts
	configMaps
)

var followed = []storage.Collection{resource.KeysOf("", "namespaces"), resource.KeysOf("", "serviceaccounts"), resource.KeysOf("", "configmaps")}

const (
	defaultAccount = "default"
	rootCAMap      = "kube-root-ca.crt"
	description    = "kubernetes.io/description"
	// rootCAText is upstream's sentence: programs compare the whole object.
	rootCAText = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
		"No other usage is guaranteed across distributions of Kubernetes clusters."
)

// pause is how long after a failure it is tried again.
const pause = time.Second

// Namespaces furnishes namespaces. Make one with NewNamespaces.
type Namespaces struct {
	writer resource.Writer
	wants  [3]bool
	rootCA string
	log    *slog.Logger
	feed   *feed.Feed
	codec  *codec.Builtin

	// mu guards what follows: the feed's goroutine writes it, that of Run reads it.
	mu sync.Mutex
	// active are the namespaces that are not on their way out; has is what they have of accounts and config maps.
	active map[string]bool
	has    [3]map[string]bool
	// stale are the namespaces whose config map had, when it was read first, another authority than this server has now.
	// Later changes are somebody else's decision.
	stale map[string]bool
	// dirty are the namespaces of which something changed since they were looked at.
	dirty map[string]bool
	begun bool
	wake  chan struct{}
}

// NewNamespaces follows store and writes through writer. rootCA is the content of the config map; enabled says which of
// the controllers run.
func NewNamespaces(store storage.Store, writer resource.Writer, rootCA []byte, enabled func(string) bool, log *slog.Logger) (*Namespaces, error) {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	n := &Namespaces{
		writer: writer, rootCA: string(rootCA), log: log, codec: c, wake: make(chan struct{}, 1),
		active: map[string]bool{}, has: [3]map[string]bool{accounts: {}, configMaps: {}}, stale: map[string]bool{},
		dirty: map[string]bool{},
	}
	n.wants[accounts] = enabled(ServiceAccounts)
	n.wants[configMaps] = enabled(RootCA) && len(rootCA) > 0
	n.feed = feed.New(store, followed, n, log)
	return n, nil
}

// Run furnishes until ctx ends. It must run once.
func (n *Namespaces) Run(ctx context.Context) {
	if !n.wants[accounts] && !n.wants[configMaps] {
		return
	}
	var following sync.WaitGroup
	following.Go(func() { n.feed.Run(ctx) })
	defer following.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		}
		if n.furnish(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
			n.Publish()
		}
	}
}

// Wait returns at once: nobody needs to wait for this.
func (n *Namespaces) Wait(context.Context) error { return nil }

// Replace implements feed.Sink.
func (n *Namespaces) Replace(prefix int, items iter.Seq2[storage.KeyValue, error]) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if prefix == namespaces {
		clear(n.active)
	} else {
		clear(n.has[prefix])
		for name := range n.active {
			n.dirty[name] = true
		}
	}
	for kv, err := range items {
		if err != nil {
			return
		}
		n.put(prefix, kv)
	}
}

// Change implements feed.Sink.
func (n *Namespaces) Change(prefix int, e storage.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.Type == storage.Put {
		n.put(prefix, storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision})
		return
	}
	if name, ok := n.owner(prefix, e.Key); ok {
		n.dirty[name] = true
		if prefix == namespaces {
			delete(n.active, name)
		} else {
			delete(n.has[prefix], name)
		}
	}
}

// Publish implements feed.Sink.
func (n *Namespaces) Publish() {
	n.mu.Lock()
	n.begun = true
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// owner is the namespace that a key is about, if it is one of those that matter.
func (n *Namespaces) owner(prefix int, key string) (string, bool) {
	namespace, name := followed[prefix].Split(key)
	if prefix == namespaces {
		return name, true
	}
	if prefix == accounts {
		return namespace, name == defaultAccount
	}
	return namespace, name == rootCAMap
}

// put takes what was read; the caller holds mu.
func (n *Namespaces) put(prefix int, kv storage.KeyValue) {
	name, ok := n.owner(prefix, kv.Key)
	if !ok {
		return
	}
	n.dirty[name] = true
	if prefix != namespaces {
		n.has[prefix][name] = true
		if prefix == configMaps && !n.begun {
			n.stale[name] = true // perhaps: that is looked at before it is written
		}
		return
	}
	o, err := n.codec.Decode(kv.Value, kv.Revision)
	if err != nil {
		n.log.Warn("a namespace cannot be read", "namespace", name, "error", err)
		return
	}
	ns, ok := o.(*corev1.Namespace)
	if ok && ns.DeletionTimestamp == nil && ns.Status.Phase != "Terminating" {
		n.active[name] = true
	} else {
		delete(n.active, name)
	}
}

// need is one object that a namespace does not have, or has in an old state.
type need struct {
	namespace string
	prefix    int
	refresh   bool
}

// needs are those of the namespaces of which something changed, in order.
func (n *Namespaces) needs() (list []need) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name := range n.dirty {
		if !n.active[name] {
			continue
		}
		for _, prefix := range []int{accounts, configMaps} {
			switch {
			case !n.wants[prefix]:
			case !n.has[prefix][name]:
				list = append(list, need{name, prefix, false})
			case prefix == configMaps && n.stale[name]:
				list = append(list, need{name, prefix, true})
			}
		}
	}
	clear(n.dirty)
	clear(n.stale)
	slices.SortFunc(list, func(a, b need) int {
		if c := strings.Compare(a.namespace, b.namespace); c != 0 {
			return c
		}
		return a.prefix - b.prefix
	})
	return list
}

// furnish fills all needs. It is false when something failed that may succeed later.
func (n *Namespaces) furnish(ctx context.Context) bool {
	good := true
	for _, x := range n.needs() {
		err := n.fill(ctx, x)
		if err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			n.log.Warn("furnishing a namespace", "namespace", x.namespace, "error", err)
			good = false
			n.mu.Lock()
			n.dirty[x.namespace] = true
			if x.refresh {
				n.stale[x.namespace] = true
			}
			n.mu.Unlock()
		}
	}
	return good
}

func (n *Namespaces) fill(ctx context.Context, x need) error {
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	if x.prefix == accounts {
		return n.writer.Create(ctx, resource.OwnWrite{Resource: gvr}, &corev1.ServiceAccount{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: newMeta(x.namespace, defaultAccount),
		})
	}
	gvr.Resource = "configmaps"
	if x.refresh {
		_, err := n.writer.Update(ctx, resource.OwnWrite{Resource: gvr, Namespace: x.namespace, Name: rootCAMap}, n.refreshed)
		return err
	}
	o := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: newMeta(x.namespace, rootCAMap)}
	o.Annotations = map[string]string{description: rootCAText}
	o.Data = map[string]string{"ca.crt": n.rootCA}
	return n.writer.Create(ctx, resource.OwnWrite{Resource: gvr}, o)
}

// refreshed puts this server's authority into a config map; one that has it stays as it is.
func (n *Namespaces) refreshed(o object.Object) error {
	cm, ok := o.(*corev1.ConfigMap)
	if !ok || len(cm.Data) == 1 && cm.Data["ca.crt"] == n.rootCA && cm.Annotations[description] != "" {
		return nil
	}
	cm.Data = map[string]string{"ca.crt": n.rootCA}
	if cm.Annotations == nil {
		cm.Annotations = map[string]string{}
	}
	cm.Annotations[description] = rootCAText
	return nil
}

func newMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}
