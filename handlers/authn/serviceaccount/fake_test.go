package serviceaccount

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// memory is a store of what a test puts into it.
type memory struct {
	storage.Store
	mu       sync.Mutex
	revision int64
	keys     map[string]storage.KeyValue
}

func (m *memory) Get(_ context.Context, key string) (storage.KeyValue, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kv, ok := m.keys[key]
	if !ok {
		return kv, m.revision, storage.ErrNotFound
	}
	return kv, m.revision, nil
}

func (m *memory) Update(_ context.Context, key string, _ time.Duration, next storage.UpdateFunc) (storage.KeyValue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kv, ok := m.keys[key]
	if !ok {
		return kv, storage.ErrNotFound
	}
	value, err := next(kv)
	if err != nil {
		return kv, err
	}
	m.revision++
	kv.Value, kv.Revision = value, m.revision
	m.keys[key] = kv
	return kv, nil
}

// put stores objects as the server does.
func (m *memory) put(t testing.TB, s source, objects ...object.Object) {
	t.Helper()
	all, err := codecs()
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string]storage.KeyValue{}
	}
	for _, o := range objects {
		b, err := all[s.kind].Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		m.revision++
		key := s.key(o.GetNamespace(), o.GetName())
		m.keys[key] = storage.KeyValue{Key: key, Value: b, Revision: m.revision}
	}
}

func (m *memory) remove(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, key)
}

func newKeyFor(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
