package cache

import "sync"

// Kept holds what readers make of a change (a frame of a watch, in some encoding), so that it is made once for all of
// them. It is emptied when the change is no longer news.
type Kept struct {
	mu    sync.Mutex
	cold  bool
	forms []form
}

type form struct {
	key   any
	bytes []byte
}

// Form is what build makes, made once for each key. Keys are compared; the bytes must not be changed.
func (k *Kept) Form(key any, build func() ([]byte, error)) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.forms {
		if f.key == key {
			return f.bytes, nil
		}
	}
	// Made under the lock: the others who want the same wait for it instead of making it too.
	bytes, err := build()
	if err == nil && !k.cold {
		k.forms = append(k.forms, form{key, bytes})
	}
	return bytes, err
}

func (k *Kept) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cold, k.forms = true, nil
}
