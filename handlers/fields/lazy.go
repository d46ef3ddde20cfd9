package fields

import "sync"

// lazy is a map whose values are made when they are first asked for.
type lazy[K comparable, V any] struct {
	mu   sync.Mutex // guards made
	made map[K]V
}

func (l *lazy[K, V]) get(key K, make_ func() V) V {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.made[key]
	if !ok {
		if l.made == nil {
			l.made = map[K]V{}
		}
		v = make_()
		l.made[key] = v
	}
	return v
}
