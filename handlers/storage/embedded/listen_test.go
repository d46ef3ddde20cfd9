package embedded_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// A client over the socket sees what is written in process, and the other way round.
func TestListen(t *testing.T) {
	// A socket's path must be short, which a test's directory may not be.
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	socket := filepath.Join(short, "etcd.sock")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	// What a killed server leaves.
	stale.SetUnlinkOnClose(false)
	stale.Close()
	inside := open(t, embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true, Listen: "unix://" + socket})
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket: %v, %v", info, err)
	}
	outside, err := etcd.Dial(etcd.Target{Servers: []string{"unix://" + socket}}, etcd.Options{Prefix: etcd.DefaultPrefix})
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	at, err := inside.Create(t.Context(), "/a", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if kv, _, err := outside.Get(t.Context(), "/a"); err != nil || kv.Revision != at {
		t.Fatalf("outside sees %+v, %v", kv, err)
	}
	w, err := inside.Watch(t.Context(), "/", at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outside.Create(t.Context(), "/b", []byte("2"), 0); err != nil {
		t.Fatal(err)
	}
	for e := range w.Events() {
		if e.Key == "/b" {
			break
		}
	}
	// An open watch of a client must not hold up the end.
	if _, err := outside.Watch(t.Context(), "/", 0); err != nil {
		t.Fatal(err)
	}
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Fatalf("the socket is left behind: %v", err)
	}
}
