// Package lookup finds the objects that admission plugins decide by. They come out of the watch cache, decoded, and stay
// decoded as long as their revision is the newest: no plugin has informers, and what was looked at by one pod costs the next
// one nothing.
package lookup

import (
	"context"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Reader finds objects. What it returns is shared by all who ask and must not be changed.
type Reader interface {
	// Get returns a NotFound API error when there is none.
	Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error)
	// List returns the objects of one namespace, or of all with an empty one.
	List(ctx context.Context, gvr schema.GroupVersionResource, namespace string) ([]object.Object, error)
}

// most is how many decoded objects are kept. Those that are dropped are decoded again.
const most = 4096

// Objects are those of one server. They are safe for concurrent use.
type Objects struct {
	store    *cache.Cache
	registry func() *resource.Registry

	mu   sync.RWMutex
	kept map[string]kept
}

// kept is the decoded form of one stored value.
type kept struct {
	revision int64
	object   object.Object
}

// New looks into a store. registry is asked with each lookup, because resources come and go.
func New(store *cache.Cache, registry func() *resource.Registry) *Objects {
	return &Objects{store: store, registry: registry, kept: map[string]kept{}}
}

// Cached reads the newest state that the watch cache has, as upstream's plugins read their informers. It waits only for a cache
// that is loading.
func (o *Objects) Cached() Reader { return reader{o, false} }

// Live reads a state that is no older than any acknowledged write, where upstream's plugins ask the API.
func (o *Objects) Live() Reader { return reader{o, true} }

type reader struct {
	*Objects
	live bool
}

func (r reader) view(ctx context.Context) (cache.View, error) {
	if !r.live {
		if v, loaded := r.store.Latest(); loaded {
			return v, nil
		}
	}
	v, err := r.store.View(ctx)
	return v, resource.StatusError(err, schema.GroupResource{}, "")
}

func (r reader) resource(gvr schema.GroupVersionResource) (*resource.Resource, error) {
	res := r.registry().Get(gvr)
	if res == nil || res.Codec == nil {
		return nil, fmt.Errorf("%v is not a stored resource", gvr)
	}
	return res, nil
}

// Get implements Reader.
func (r reader) Get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (object.Object, error) {
	res, err := r.resource(gvr)
	if err != nil {
		return nil, err
	}
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	e := v.Get(res.ObjectKey(namespace, name))
	if e == nil {
		return nil, apierrors.NewNotFound(res.GroupResource(), name)
	}
	return r.decode(ctx, res, e)
}

// List implements Reader.
func (r reader) List(ctx context.Context, gvr schema.GroupVersionResource, namespace string) (list []object.Object, err error) {
	res, err := r.resource(gvr)
	if err != nil {
		return nil, err
	}
	v, err := r.view(ctx)
	if err != nil {
		return nil, err
	}
	v.Leaves(res.Keys().Within(namespace), "", func(l cache.Leaf) bool {
		for _, e := range l.Entries {
			var one object.Object
			if one, err = r.decode(ctx, res, e); err != nil {
				return false
			}
			list = append(list, one)
		}
		return true
	})
	return list, err
}

// decode is the object of an entry, of which one is kept for each key. The version is part of the key: two may be asked for.
func (r reader) decode(ctx context.Context, res *resource.Resource, e *cache.Entry) (object.Object, error) {
	key := e.Key
	if res.Version != "v1" {
		key = res.Version + e.Key
	}
	r.mu.RLock()
	known, found := r.kept[key]
	r.mu.RUnlock()
	if found && known.revision == e.Revision {
		return known.object, nil
	}
	value, err := e.Value(nil)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Key, err)
	}
	decoded, err := res.Decode(ctx, value, e.Revision)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Key, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, found := r.kept[key]; found && known.revision > e.Revision {
		return decoded, nil
	} else if !found && len(r.kept) >= most {
		for some := range r.kept { // any one: what is in use comes back
			delete(r.kept, some)
			break
		}
	}
	r.kept[key] = kept{e.Revision, decoded}
	return decoded, nil
}

// Get is an object of a type.
func Get[T object.Object](ctx context.Context, r Reader, gvr schema.GroupVersionResource, namespace, name string) (T, error) {
	var none T
	found, err := r.Get(ctx, gvr, namespace, name)
	if err != nil {
		return none, err
	}
	return typed[T](found)
}

// List is the objects of a type.
func List[T object.Object](ctx context.Context, r Reader, gvr schema.GroupVersionResource, namespace string) ([]T, error) {
	found, err := r.List(ctx, gvr, namespace)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list := make([]T, len(found))
	for i, o := range found {
		if list[i], err = typed[T](o); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func typed[T object.Object](o object.Object) (T, error) {
	t, ok := o.(T)
	if !ok {
		return t, fmt.Errorf("looked up a %T and found a %T", t, o)
	}
	return t, nil
}
