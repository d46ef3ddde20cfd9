package cache_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/storagetest"
)

func TestConformanceEmbedded(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return over(t, openEmbedded(t, t.TempDir()), cache.Options{})
	})
}

func TestConformanceMemory(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return over(t, memory.New(memory.Options{}), cache.Options{})
	})
}

// All tests share one etcd and have a prefix each, none of which begins with another's: so most revisions that one test
// sees are another's.
func TestConformanceExternal(t *testing.T) {
	_, address := runEtcd(t, t.TempDir(), "127.0.0.1:0")
	var stores atomic.Int64
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return over(t, dial(t, address, fmt.Sprintf("/test-%d:", stores.Add(1))), cache.Options{})
	})
}

// over closes the cache, and with it the backend, at the end of the test.
func over(t testing.TB, backend storage.Feeder, o cache.Options) *cache.Cache {
	t.Helper()
	if o.Bookmarks == 0 {
		o.Bookmarks = 100 * time.Millisecond
	}
	c := cache.New(backend, o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	<-c.Loaded()
	return c
}

func openEmbedded(t testing.TB, dir string) storage.Feeder {
	t.Helper()
	s, err := embedded.Open(t.Context(), embedded.Options{
		DataDir: dir, UnsafeNoFsync: true,
		Store: etcd.Options{Prefix: etcd.DefaultPrefix, BookmarkInterval: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func dial(t testing.TB, address, prefix string) storage.Feeder {
	t.Helper()
	s, err := etcd.Dial(etcd.Target{Servers: []string{address}}, etcd.Options{Prefix: prefix, BookmarkInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// runEtcd runs a whole etcd with its listeners, as an external one. stop need not be called.
func runEtcd(t testing.TB, dir, host string) (stop func(), address string) {
	t.Helper()
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	clients := []url.URL{{Scheme: "http", Host: host}}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel, cfg.UnsafeNoFsync = dir, "fatal", true
	cfg.TickMs, cfg.ElectionMs = 10, 50
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = clients, clients
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = free, free
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(e.Close)
	t.Cleanup(stop)
	select {
	case <-e.Server.ReadyNotify():
	case <-time.After(time.Minute):
		t.Fatal("etcd does not get ready")
	}
	return stop, "http://" + e.Clients[0].Addr().String()
}
