package serviceaccount

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/lru"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// source is a kind of object that tokens depend on.
type source struct {
	kind, plural string
	keys         storage.Collection
}

func sourceOf(kind, plural string) source { return source{kind, plural, resource.KeysOf("", plural)} }

var (
	accounts = sourceOf("ServiceAccount", "serviceaccounts")
	secrets  = sourceOf("Secret", "secrets")
	pods     = sourceOf("Pod", "pods")
	nodes    = sourceOf("Node", "nodes")
)

var codecs = sync.OnceValues(func() (map[string]*codec.Builtin, error) {
	out := map[string]*codec.Builtin{}
	for _, s := range []source{accounts, secrets, pods, nodes} {
		gvk := schema.GroupVersionKind{Version: "v1", Kind: s.kind}
		c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
		if err != nil {
			return nil, err
		}
		out[s.kind] = c
	}
	return out, nil
})

// singular is how texts call one object.
func (s source) singular() string { return strings.ToLower(s.kind) }

func (s source) key(namespace, name string) string { return s.keys.Key(namespace, name) }

// Lookup reads the objects that tokens depend on. Make one with NewLookup.
type Lookup struct {
	store storage.Store
	// writer is nil until the server that authenticates can write.
	writer atomic.Pointer[resource.Writer]
	// states has what matters of an object at a revision, so that an object which did not change is not decoded again.
	states *lru.Cache
}

// NewLookup reads from store.
func NewLookup(store storage.Store) *Lookup {
	return &Lookup{store: store, states: lru.New(knownTokens)}
}

// WriteThrough lets use be noted on the objects.
func (l *Lookup) WriteThrough(w resource.Writer) { l.writer.Store(&w) }

// state is what tokens depend on.
type state struct {
	revision int64
	uid      string
	// deleted is when the object was asked to go; zero when it was not.
	deleted time.Time
}

// goneBefore says whether the object was asked to go before t.
func (s *state) goneBefore(t time.Time) bool { return !s.deleted.IsZero() && s.deleted.Before(t) }

// state is that of one object; a NotFound API error when there is none.
func (l *Lookup) state(ctx context.Context, s source, namespace, name string) (*state, error) {
	kv, err := l.read(ctx, s, namespace, name)
	if err != nil {
		return nil, err
	}
	if known, ok := l.states.Get(kv.Key); ok {
		if st := known.(*state); st.revision == kv.Revision {
			return st, nil
		}
	}
	o, err := decode[object.Object](s, kv)
	if err != nil {
		return nil, err
	}
	st := &state{revision: kv.Revision, uid: string(o.GetUID())}
	if t := o.GetDeletionTimestamp(); t != nil {
		st.deleted = t.Time
	}
	l.states.Add(kv.Key, st)
	return st, nil
}

// read refuses names that would lead to the key of something else: claims are signed, but others may have the key too.
func (l *Lookup) read(ctx context.Context, s source, namespace, name string) (storage.KeyValue, error) {
	gr := schema.GroupResource{Resource: s.plural}
	if name == "" || strings.Contains(namespace+name, "/") || (namespace == "") != (s == nodes) {
		return storage.KeyValue{}, apierrors.NewNotFound(gr, name)
	}
	kv, _, err := l.store.Get(ctx, s.key(namespace, name))
	return kv, resource.StatusError(err, gr, name)
}

// decode reads a stored object as a kind.
func decode[T object.Object](s source, kv storage.KeyValue) (T, error) {
	var none T
	all, err := codecs()
	if err != nil {
		return none, err
	}
	o, err := all[s.kind].Decode(kv.Value, kv.Revision)
	if err != nil {
		return none, fmt.Errorf("%s: %w", kv.Key, err)
	}
	t, ok := o.(T)
	if !ok {
		return none, apierrors.NewInternalError(fmt.Errorf("%s: unexpected type %T", kv.Key, o))
	}
	return t, nil
}

// whole reads an object in full.
func whole[T object.Object](ctx context.Context, l *Lookup, s source, namespace, name string) (T, error) {
	kv, err := l.read(ctx, s, namespace, name)
	if err != nil {
		var none T
		return none, err
	}
	return decode[T](s, kv)
}

// Secret reads a secret; a NotFound API error when there is none.
func (l *Lookup) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	return whole[*corev1.Secret](ctx, l, secrets, namespace, name)
}
