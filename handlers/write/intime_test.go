package write

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// A request whose time is up at any place before the store is not stored, and gives back what it took.
func TestExpiredWrites(t *testing.T) {
	for _, place := range []string{"mutate", "prepare", "allocate", "rules", "validate", "warnings", "judge"} {
		for _, update := range []bool{false, true} {
			w := newWorld(t)
			before := w.put(deployment("there"))
			ctx, cancel := context.WithCancel(t.Context())
			w.onStep = func(at string) {
				if at == place {
					cancel()
				}
			}
			var err error
			if update {
				_, err = w.Update(ctx, w.request("there"), paused)
			} else {
				_, err = w.Create(ctx, w.request(""), deployment("new"))
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s, update %v: %v", place, update, err)
			}
			if slices.Contains(w.steps, "store") || slices.Contains(w.steps, "swap") || slices.Contains(w.steps, "keep") {
				t.Errorf("%s, update %v: the store was asked to write: %q", place, update, w.steps)
			}
			if slices.Contains(w.steps, "allocate") && !slices.Contains(w.steps, "give back") {
				t.Errorf("%s, update %v: what was taken is kept: %q", place, update, w.steps)
			}
			if _, _, err := w.store.Store.Get(t.Context(), w.res.ObjectKey("ns", "new")); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s, update %v: created: %v", place, update, err)
			}
			if after, _, err := w.store.Store.Get(t.Context(), before.Key); err != nil || after.Revision != before.Revision {
				t.Errorf("%s, update %v: stored: %v", place, update, err)
			}
		}
	}
}
