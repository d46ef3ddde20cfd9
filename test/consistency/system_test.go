package consistency

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// system is what is tested: some servers over one etcd, and what can go wrong with them.
type system struct {
	t *testing.T
	// etcd is where the truth can be read.
	etcd    string
	servers []*node
	// faults are tried in turn, in an order that is drawn anew each round. Each leaves the system able to recover.
	faults []fault
}

type fault struct {
	name string
	do   func()
}

// node is one server. Its endpoint is read by clients while the test restarts it.
type node struct {
	*harness.Server
	mu sync.Mutex
	at endpoint
}

// processes numbers all server processes.
var processes int

func startNode(t *testing.T, flags ...string) *node {
	t.Helper()
	n := &node{Server: harness.Start(t, flags...)}
	n.renew()
	return n
}

func (n *node) renew() {
	processes++
	n.mu.Lock()
	defer n.mu.Unlock()
	if old := n.at.client; old != nil {
		old.CloseIdleConnections()
	}
	n.at = endpoint{n.URL, n.Client(harness.AdminToken), processes}
}

func (n *node) endpoint() endpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

// crash kills the server and starts it again.
func (n *node) crash(t *testing.T) {
	t.Helper()
	n.Kill()
	// The harness looks at the last process only.
	if out := n.Output(); strings.Contains(out, "panic") {
		t.Errorf("before it was killed, the server printed:\n%s", out)
	}
	n.Restart()
	n.renew()
}

// embeddedSystem is one server with its own etcd.
func embeddedSystem(t *testing.T) *system {
	t.Helper()
	// Paths of sockets are short.
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	socket := "unix:" + filepath.Join(dir, "s")
	n := startNode(t, "--etcd-listen-client="+socket, "--etcd-compaction-interval=0")
	return &system{t: t, etcd: socket, servers: []*node{n}, faults: []fault{
		{"kill -9 of the server", func() { n.crash(t) }},
	}}
}

// externalSystem is two servers on an etcd of its own.
func externalSystem(t *testing.T, random *rand.Rand) *system {
	t.Helper()
	etcd := startEtcd(t)
	s := &system{t: t, etcd: etcd.address}
	for range 2 {
		s.servers = append(s.servers, startNode(t, "--etcd-servers="+etcd.address, "--etcd-compaction-interval=0"))
	}
	restart := fault{"kill -9 of etcd", func() { etcd.kill(); etcd.start() }}
	s.faults = []fault{
		restart,
		{"kill -9 of etcd and a while without one", func() {
			etcd.kill()
			time.Sleep(time.Duration(random.IntN(700)) * time.Millisecond)
			etcd.start()
		}},
		{"etcd hangs", func() { etcd.freeze(time.Duration(random.IntN(700)) * time.Millisecond) }},
		{"kill -9 of one server", func() { s.servers[random.IntN(2)].crash(t) }},
		{"kill -9 of etcd and of one server", func() {
			// The server comes back only when its etcd does.
			n := s.servers[random.IntN(2)]
			etcd.kill()
			etcd.start()
			n.crash(t)
		}},
	}
	return s
}

// wait waits until the servers say that they are ready.
func (s *system) wait() {
	s.t.Helper()
	for _, n := range s.servers {
		var err error
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if err = n.Ready(n.endpoint().client); err == nil {
				break
			}
		}
		if err != nil {
			s.t.Fatalf("the server does not become ready: %v\n%s", err, n.Output())
		}
	}
}

// must sends a request that has to succeed as long as nothing is broken.
func (s *system) must(a *api, method, path string, body any) object {
	s.t.Helper()
	var out answered
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if out, _ = a.do(s.t.Context(), method, path, body); out.clear() && out.code != http.StatusTooManyRequests {
			break
		}
	}
	if !out.clear() || out.code >= 300 && out.body.Reason != "AlreadyExists" {
		s.t.Fatalf("%s %s: %d %s", method, path, out.code, out.body.Message)
	}
	return out.body
}
