package resource

import (
	"iter"
	"slices"
)

// leafSize bounds what a change copies of a sequence beside the list of its leaves.
const leafSize = 64

// sorted is an immutable sequence of values by name. A change makes a new one that shares all leaves but one with the old,
// so a thousand changes one after the other do not copy a thousand sequences. Readers need no lock.
type sorted[V any] struct {
	leaves []leaf[V]
	length int
}

type leaf[V any] struct {
	names  []string
	values []V
}

// at is the leaf that a name is in, if it is in any, and its place there.
func (s sorted[V]) at(name string) (leaf, place int, found bool) {
	// The last leaf that does not begin after the name.
	low, high := 0, len(s.leaves)
	for low < high {
		if middle := (low + high) / 2; s.leaves[middle].names[0] <= name {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if leaf = max(low-1, 0); leaf == len(s.leaves) {
		return leaf, 0, false
	}
	place, found = slices.BinarySearch(s.leaves[leaf].names, name)
	return leaf, place, found
}

func (s sorted[V]) get(name string) (v V, found bool) {
	leaf, place, found := s.at(name)
	if found {
		v = s.leaves[leaf].values[place]
	}
	return v, found
}

// with has v under name.
func (s sorted[V]) with(name string, v V) sorted[V] {
	i, place, found := s.at(name)
	if i == len(s.leaves) {
		return sorted[V]{leaves: []leaf[V]{{[]string{name}, []V{v}}}, length: 1}
	}
	old, changed := s.leaves[i], leaf[V]{}
	if found {
		changed = leaf[V]{old.names, slices.Clone(old.values)}
		changed.values[place] = v
		return sorted[V]{replaced(s.leaves, i, changed), s.length}
	}
	changed = leaf[V]{inserted(old.names, place, name), inserted(old.values, place, v)}
	if n := len(changed.names); n > leafSize {
		return sorted[V]{replaced(s.leaves, i,
			leaf[V]{slices.Clip(changed.names[:n/2]), slices.Clip(changed.values[:n/2])},
			leaf[V]{slices.Clone(changed.names[n/2:]), slices.Clone(changed.values[n/2:])}), s.length + 1}
	}
	return sorted[V]{replaced(s.leaves, i, changed), s.length + 1}
}

// without has nothing under name.
func (s sorted[V]) without(name string) sorted[V] {
	i, place, found := s.at(name)
	if !found {
		return s
	}
	old := s.leaves[i]
	if len(old.names) == 1 {
		return sorted[V]{replaced(s.leaves, i), s.length - 1}
	}
	changed := leaf[V]{slices.Concat(old.names[:place], old.names[place+1:]), slices.Concat(old.values[:place], old.values[place+1:])}
	return sorted[V]{replaced(s.leaves, i, changed), s.length - 1}
}

// all yields every value by name.
func (s sorted[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, l := range s.leaves {
			for i, name := range l.names {
				if !yield(name, l.values[i]) {
					return
				}
			}
		}
	}
}

func inserted[T any](list []T, at int, x T) []T {
	out := make([]T, 0, len(list)+1)
	return append(append(append(out, list[:at]...), x), list[at:]...)
}

func replaced[T any](list []T, at int, by ...T) []T {
	out := make([]T, 0, len(list)-1+len(by))
	return append(append(append(out, list[:at]...), by...), list[at+1:]...)
}
