package kube

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Store has objects by namespace and name, and by what indexes say. It is safe for concurrent use; its objects must not be
// altered.
type Store[T any] struct {
	mu      sync.RWMutex
	objects map[types.NamespacedName]*T
	indexes map[string]*index[T]
}

// index has the keys of the objects by a value that a function says of them.
type index[T any] struct {
	values func(*T) []string
	keys   map[string]map[types.NamespacedName]struct{}
}

func newStore[T any]() *Store[T] {
	return &Store[T]{objects: map[types.NamespacedName]*T{}, indexes: map[string]*index[T]{}}
}

// AddIndex adds an index: values says under which words an object is found. What is in the store already is in it too.
func (s *Store[T]) AddIndex(name string, values func(*T) []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &index[T]{values: values, keys: map[string]map[types.NamespacedName]struct{}{}}
	for key, object := range s.objects {
		x.add(key, object)
	}
	s.indexes[name] = x
}

// Get is the object of a name; nil when there is none. The namespace of what lies in none is empty.
func (s *Store[T]) Get(namespace, name string) *T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.objects[types.NamespacedName{Namespace: namespace, Name: name}]
}

// List has all objects, by namespace and name.
func (s *Store[T]) List() []*T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sorted(slices.Collect(maps.Keys(s.objects)))
}

// ByIndex has the objects that an index knows under a word, by namespace and name.
func (s *Store[T]) ByIndex(name, value string) []*T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.indexes[name]
	if x == nil {
		return nil
	}
	return s.sorted(slices.Collect(maps.Keys(x.keys[value])))
}

// Len is the number of objects.
func (s *Store[T]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.objects)
}

func (s *Store[T]) sorted(keys []types.NamespacedName) []*T {
	slices.SortFunc(keys, func(a, b types.NamespacedName) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	out := make([]*T, len(keys))
	for i, k := range keys {
		out[i] = s.objects[k]
	}
	return out
}

// put stores an object and returns the one before it.
func (s *Store[T]) put(key types.NamespacedName, object *T) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.objects[key]
	for _, x := range s.indexes {
		if old != nil {
			x.remove(key, old)
		}
		x.add(key, object)
	}
	s.objects[key] = object
	return old
}

func (s *Store[T]) remove(key types.NamespacedName) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.objects[key]
	if old != nil {
		for _, x := range s.indexes {
			x.remove(key, old)
		}
		delete(s.objects, key)
	}
	return old
}

func (x *index[T]) add(key types.NamespacedName, object *T) {
	for _, v := range x.values(object) {
		if x.keys[v] == nil {
			x.keys[v] = map[types.NamespacedName]struct{}{}
		}
		x.keys[v][key] = struct{}{}
	}
}

func (x *index[T]) remove(key types.NamespacedName, object *T) {
	for _, v := range x.values(object) {
		if delete(x.keys[v], key); len(x.keys[v]) == 0 {
			delete(x.keys, v)
		}
	}
}
