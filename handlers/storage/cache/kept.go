package cache

import (
	"sync"
	"sync/atomic"
)

// Kept holds what readers make of a change (a frame of a watch, in some encoding), so that it is made once for all of
// them. It is emptied when the change is no longer news.
type Kept struct {
	// forms are read without the lock, under which they are made.
	forms atomic.Pointer[form]
	mu    sync.Mutex
	cold  bool
}

// form is one of a list, newest first.
type form struct {
	turn  Turn
	key   any
	bytes []byte
	next  *form
}

func (k *Kept) find(turn Turn, key any) *form {
	for f := k.forms.Load(); f != nil; f = f.next {
		if f.turn == turn && f.key == key {
			return f
		}
	}
	return nil
}

// Form is what build makes for a turn, made once for each key. Keys are compared; the bytes must not be changed.
func (k *Kept) Form(turn Turn, key any, build func() ([]byte, error)) ([]byte, error) {
	if f := k.find(turn, key); f != nil {
		return f.bytes, nil
	}
	// Made under the lock: others that want the same wait for it instead of making it too.
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.find(turn, key); f != nil {
		return f.bytes, nil
	}
	bytes, err := build()
	if err == nil && !k.cold {
		k.forms.Store(&form{turn, key, bytes, k.forms.Load()})
	}
	return bytes, err
}

func (k *Kept) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cold = true
	k.forms.Store(nil)
}
