package schema

import (
	"sync"
	"time"
	"weak"
)

// rest is how long what is made for the libraries stays after its last use.
const rest = time.Minute

// resting is a value that is made when it is asked for, and dropped when nobody has asked for some time.
type resting[T any] struct {
	make func() (T, error)
	// after is time.AfterFunc, but for tests.
	after func(time.Duration, func()) *time.Timer

	mu    sync.Mutex // guards what follows
	value T
	made  bool
	used  bool
}

// get is the value. Only one caller makes it.
func (r *resting[T]) get() (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.made {
		v, err := r.make()
		if err != nil {
			return v, err
		}
		r.value, r.made = v, true
		r.watch()
	}
	r.used = true
	return r.value, nil
}

// watch looks in some time. It does not keep the schema that the value belongs to.
func (r *resting[T]) watch() {
	of := weak.Make(r)
	r.after(rest, func() {
		if r := of.Value(); r != nil {
			r.look()
		}
	})
}

// look drops the value unless it was used since the last look.
func (r *resting[T]) look() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used {
		r.used = false
		r.watch()
		return
	}
	var none T
	r.value, r.made = none, false
}
