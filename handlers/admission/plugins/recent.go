package plugins

import (
	"container/list"
	"sync"
)

// recent keeps the values that were used last, up to a number of them. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	most int

	mu    sync.Mutex
	order *list.List // of *pair, the one used last in front
	at    map[K]*list.Element
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, order: list.New(), at: map[K]*list.Element{}}
}

// get is the value of a key; where there is none it is made.
func (r *recent[K, V]) get(key K, make func() V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.at[key]; e != nil {
		r.order.MoveToFront(e)
		return e.Value.(*pair[K, V]).value //nolint:forcetypeassert // nothing else is in the list
	}
	value := make()
	r.put(key, value)
	return value
}

// find is the value of a key, without making one.
func (r *recent[K, V]) find(key K) (value V, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.at[key]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*pair[K, V]).value, true //nolint:forcetypeassert // nothing else is in the list
}

// add keeps a value in place of another.
func (r *recent[K, V]) add(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(key, value)
}

func (r *recent[K, V]) put(key K, value V) {
	if e := r.at[key]; e != nil {
		r.order.Remove(e)
	}
	r.at[key] = r.order.PushFront(&pair[K, V]{key, value})
	if len(r.at) > r.most {
		last := r.order.Back()
		delete(r.at, last.Value.(*pair[K, V]).key) //nolint:forcetypeassert // nothing else is in the list
		r.order.Remove(last)
	}
}
