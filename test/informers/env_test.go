package informers

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// patience bounds waits for what must come; it is no promise of the server's.
const patience = time.Minute

// env is a server that is reached over two networks: an ideal one for who writes and checks, and one with faults.
type env struct {
	t      *testing.T
	server *harness.Server
	ideal  *proxy
	faulty *proxy
	etcd   *clientv3.Client
}

func newEnv(t *testing.T) *env {
	t.Helper()
	dir, err := os.MkdirTemp("", "") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	socket := "unix:" + filepath.Join(dir, "s")
	server := harness.Start(t, "--etcd-listen-client="+socket, "--etcd-compaction-interval=0")
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{socket}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	e := &env{t: t, server: server, ideal: newProxy(t), faulty: newProxy(t), etcd: etcd}
	t.Cleanup(func() {
		etcd.Close() // its server is killed again and again; there is nothing to lose
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	e.lead()
	return e
}

func (e *env) lead() {
	e.ideal.lead(e.server.URL)
	e.faulty.lead(e.server.URL)
}

// kill ends the server without warning and starts it again.
func (e *env) kill() {
	e.t.Helper()
	e.server.Kill()
	if out := e.server.Output(); strings.Contains(out, "panic") {
		e.t.Errorf("before it was killed, the server printed:\n%s", out)
	}
	e.server.Restart()
	e.lead()
}

// restart ends the server in an orderly way and starts it again.
func (e *env) restart() {
	e.t.Helper()
	e.server.Stop()
	e.server.Restart()
	e.lead()
}

const (
	asJSON     = "application/json"
	asProtobuf = "application/vnd.kubernetes.protobuf"
)

// config is an administrator's over one of the networks, without a limit of the client's own.
func (e *env) config(over *proxy, contentType string) *rest.Config {
	return &rest.Config{
		Host: over.url(), BearerToken: harness.AdminToken, TLSClientConfig: rest.TLSClientConfig{CAFile: e.server.CA()},
		ContentConfig: rest.ContentConfig{ContentType: contentType, AcceptContentTypes: contentType}, QPS: -1,
	}
}

func (e *env) client(over *proxy, contentType string) *kubernetes.Clientset {
	e.t.Helper()
	client, err := kubernetes.NewForConfig(e.config(over, contentType))
	if err != nil {
		e.t.Fatal(err)
	}
	return client
}

// eventually waits until something is so.
func (e *env) eventually(what string, so func() bool) {
	e.t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			e.t.Fatalf("%s: not within %v; the server printed:\n%s", what, patience, e.server.Output())
		}
	}
}

// insist does something until it succeeds: the server may be gone for a moment.
func (e *env) insist(what string, do func(context.Context) error) {
	e.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if err = do(e.t.Context()); err == nil {
			return
		}
	}
	e.t.Fatalf("%s: %v", what, err)
}
