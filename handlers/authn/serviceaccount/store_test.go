package serviceaccount

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// testStore is a store that a test puts objects into and takes them from.
type testStore struct {
	storage.Store
	t testing.TB
}

func newTestStore(t testing.TB) *testStore {
	t.Helper()
	s := memory.New(memory.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &testStore{s, t}
}

// put stores an object as the server does, whether it is there or not.
func (s *testStore) put(from source, o object.Object) {
	s.t.Helper()
	all, err := codecs()
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := all[from.kind].Encode(o)
	if err != nil {
		s.t.Fatal(err)
	}
	key := from.key(o.GetNamespace(), o.GetName())
	_, err = storage.Update(s.t.Context(), s, key, 0, func(storage.KeyValue) ([]byte, error) { return b, nil })
	if errors.Is(err, storage.ErrNotFound) {
		_, err = s.Create(s.t.Context(), key, b, 0)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// remove takes away what lies under a key.
func (s *testStore) remove(key string) {
	s.t.Helper()
	if _, err := storage.Update(s.t.Context(), s, key, 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		s.t.Fatal(err)
	}
}

func newKeyFor(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// writerOf writes secrets to the store.
func writerOf(t testing.TB, s storage.Store) resource.Writer {
	t.Helper()
	all, err := codecs()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range resources.Rows {
		if row.Group == "" && row.Resource == "secrets" && row.Subresource == "" {
			r := &resource.Resource{Row: row, Codec: all[secrets.kind], Strategy: &resource.Strategy{}}
			return (&write.Writer{Store: s, Registry: resource.NewRegistry([]*resource.Resource{r}), Now: time.Now}).Own()
		}
	}
	t.Fatal("there are no secrets")
	return nil
}
