package embedded

import (
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// anotherEtcd leaves a directory with a log of n entries and no snapshot, as etcd does with its own settings.
func anotherEtcd(t *testing.T, dir string, n int) {
	t.Helper()
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel, cfg.UnsafeNoFsync = dir, "fatal", true
	cfg.ListenClientUrls, cfg.ListenPeerUrls = free, free
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	<-e.Server.ReadyNotify()
	client := v3client.New(e.Server)
	for i := range n {
		if _, err := client.Put(t.Context(), fmt.Sprintf("/registry/a/%04d", i%100), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := filepath.Glob(filepath.Join(dir, "member", "snap", "*.snap")); err != nil || len(found) > 0 {
		t.Fatalf("etcd has made snapshots: %v %v", found, err)
	}
}

func TestOfALongLogLittleIsKept(t *testing.T) {
	for name, c := range map[string]struct{ entries int }{
		"short": {entries: 300},
		"long":  {entries: 4000},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			anotherEtcd(t, dir, c.entries)
			o := Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Prefix: etcd.DefaultPrefix}}
			// The third time the log is our own.
			for range 3 {
				s, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if n := s.server.Cfg.SnapshotCatchUpEntries; n > longLog {
					t.Errorf("%d entries of the log are kept in memory", n)
				}
				all, err := s.List(t.Context(), "/a/", storage.ListOptions{})
				if err != nil || len(all.Items) != 100 {
					t.Fatalf("%d objects: %v", len(all.Items), err)
				}
				for i, kv := range all.Items {
					if want := fmt.Sprint(c.entries - 100 + i); string(kv.Value) != want {
						t.Errorf("%s is %s, want %s", kv.Key, kv.Value, want)
					}
				}
				if _, err := s.Create(t.Context(), "/b", []byte("1"), 0); err != nil {
					t.Fatal(err)
				}
				if _, err := storage.Update(t.Context(), s, "/b", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
