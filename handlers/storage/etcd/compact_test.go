package etcd

import (
	"net/url"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// TestCompactRounds steps two servers' rounds by hand: one at a time compacts, to where it was a round before, and the
// other takes over when the first stops.
func TestCompactRounds(t *testing.T) {
	free := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel, cfg.UnsafeNoFsync = t.TempDir(), "fatal", true
	cfg.TickMs, cfg.ElectionMs = 10, 50
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls, cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = free, free, free, free
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	store, err := Dial(Target{Servers: []string{"http://" + e.Clients[0].Addr().String()}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	put := func() int64 {
		t.Helper()
		resp, err := store.client.Put(t.Context(), "k", time.Now().String())
		if err != nil {
			t.Fatal(err)
		}
		return resp.Header.GetRevision()
	}
	known := func(revision int64) bool {
		_, err := store.client.Get(t.Context(), "k", clientv3.WithRev(revision))
		return err == nil
	}
	step := func(r round) round {
		t.Helper()
		next, err := store.compactRound(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	before := put()
	a, b := step(round{}), step(round{})
	if a.number != 1 || b.number != 1 {
		t.Fatalf("after the first round: %+v, %+v", a, b)
	}
	if !known(before) {
		t.Fatal("compacted without an interval to look back on")
	}
	put()
	a = step(a)
	if a.number != 2 || known(before) {
		t.Fatalf("the second round is %+v, and revision %d is known: %v", a, before, known(before))
	}
	kept := put()
	if b = step(b); b.number != 2 || !known(kept) {
		t.Fatalf("the loser of the second round is at %+v", b)
	}
	// The first server is gone; the other goes on from what it took over.
	put()
	if b = step(b); b.number != 3 || known(kept-1) {
		t.Fatalf("the third round is %+v", b)
	}
	// Somebody removed the key: the count begins anew, and nobody fails for ever.
	if _, err := store.client.Delete(t.Context(), compactKey); err != nil {
		t.Fatal(err)
	}
	if b = step(b); b.number != 0 {
		t.Fatalf("after the key is gone: %+v", b)
	}
	if b = step(b); b.number != 1 {
		t.Fatalf("the count begins anew at %+v", b)
	}
}
