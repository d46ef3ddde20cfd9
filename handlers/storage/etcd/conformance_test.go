package etcd_test

import (
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/storagetest"
)

// startEtcd runs a whole etcd with its listeners, as an external one, and returns its address.
func startEtcd(t testing.TB) string {
	t.Helper()
	_, address := runEtcd(t, t.TempDir(), "127.0.0.1:0", 0)
	return address
}

// runEtcd starts one over a directory, at an address, with a quota (0 is etcd's own). stop need not be called.
func runEtcd(t testing.TB, dir, host string, quota int64) (stop func(), address string) {
	t.Helper()
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	clients := []url.URL{{Scheme: "http", Host: host}}
	cfg := embed.NewConfig()
	cfg.Dir = dir
	cfg.QuotaBackendBytes = quota
	cfg.LogLevel = "fatal"
	cfg.UnsafeNoFsync = true
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

// dial closes the store at the end of the test.
func dial(t testing.TB, address string, o etcd.Options) *etcd.Store {
	t.Helper()
	if o.BookmarkInterval == 0 {
		o.BookmarkInterval = 100 * time.Millisecond
	}
	s, err := etcd.Dial(etcd.Target{Servers: []string{address}}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// All tests share one etcd and have a prefix each, none of which begins with another's.
func TestConformance(t *testing.T) {
	address := startEtcd(t)
	var stores atomic.Int64
	storagetest.Run(t, func(t *testing.T) storage.Store {
		return dial(t, address, etcd.Options{Prefix: fmt.Sprintf("/test-%d:", stores.Add(1))})
	})
}
