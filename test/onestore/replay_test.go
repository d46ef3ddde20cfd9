package onestore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// TestReplay starts our server on what the reference stored. It answers as the reference did, byte for byte, and its start
// changes none of it.
func TestReplay(t *testing.T) {
	entries, answers := load[entry](t, storeFile), load[answer](t, answersFile)
	if len(entries) < 300 || len(answers) < 4*len(entries) {
		t.Fatalf("%d keys and %d answers are no whole recording", len(entries), len(answers))
	}
	dir := t.TempDir()
	restore(t, filepath.Join(dir, "etcd"), entries)
	_, ours := startOurs(t, dir, "--unsafe-no-fsync")
	for _, want := range answers {
		if strings.Contains(want.Path, "/leases/"+ownLease) {
			continue // which our server has renewed
		}
		got := ask(t, ours, want.Path, want.Accept)
		if strings.HasSuffix(want.Path, "/configmaps") || strings.HasSuffix(want.Path, "/leases") {
			want.Body, got.Body = withoutOwn(t, want.Body), withoutOwn(t, got.Body)
		}
		switch {
		case string(got.Bytes) != string(want.Bytes):
			t.Errorf("GET %s as %s:\n%s", want.Path, want.Accept, bytesAround(want.Bytes, got.Bytes))
		case got.Body != want.Body:
			t.Errorf("GET %s as %s:\n%s", want.Path, want.Accept, difference(t, []byte(want.Body), []byte(got.Body)))
		}
	}
}

// withoutOwn leaves out of a list, or a table, what a server says about itself when it starts.
func withoutOwn(t *testing.T, list string) string {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(list), &o); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"items", "rows"} {
		all, _ := o[key].([]any)
		o[key] = slices.DeleteFunc(all, func(item any) bool {
			o := object(item.(map[string]any))
			name := cmp.Or(o.text("metadata", "name"), o.text("object", "metadata", "name"))
			return name == ownConfigMap || strings.HasPrefix(name, ownLease)
		})
		if all == nil {
			delete(o, key)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ownConfigMap is what extension API servers are told; the names of leases of identity begin with ownLease.
const (
	ownConfigMap = "extension-apiserver-authentication"
	ownLease     = "apiserver-"
)

// restore brings entries into a new store at the revisions that they had: in their order, with other writes, outside of the
// prefix, in the place of those that are not there any more.
func restore(t *testing.T, dir string, entries []entry) {
	t.Helper()
	store, err := embedded.Open(t.Context(), embedded.Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	revision, err := store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	write := func(key string, value []byte) {
		if revision, err = store.Create(t.Context(), key, value, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range entries {
		for revision+1 < e.Revision {
			write(fmt.Sprintf("/padding/%d", revision), nil)
		}
		if write(etcd.DefaultPrefix+e.Key, e.Value); revision != e.Revision {
			t.Fatalf("%s is at revision %d and not %d", e.Key, revision, e.Revision)
		}
	}
}
