package etcd_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// cluster is an etcd of three members. Clients need a certificate and reach each member through a wire that can freeze, as the
// others do through another one.
type cluster struct {
	members [3]*member
	target  etcd.Target
}

// member keeps its data, its address for the others and its wires while it is stopped.
type member struct {
	config *embed.Config
	etcd   *embed.Etcd
	// clients and others come over wire and peers.
	wire, peers *wire
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	// One certificate for both sides, which is its own authority.
	info, err := transport.SelfCert(zap.NewNop(), t.TempDir(), []string{"127.0.0.1:0"}, 1, x509.ExtKeyUsageClientAuth)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{target: etcd.Target{CertFile: info.CertFile, KeyFile: info.KeyFile, CAFile: info.CertFile}}
	var all []string
	for i := range c.members {
		peer := []url.URL{{Scheme: "http", Host: "127.0.0.1:" + harness.FreePort(t)}}
		peers := startWire(t)
		peers.lead(peer[0].Host)
		advertised := []url.URL{{Scheme: "http", Host: peers.listener.Addr().String()}}
		client := []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
		config := embed.NewConfig()
		config.Name, config.Dir, config.LogLevel = fmt.Sprint("member", i), t.TempDir(), "fatal"
		// Long enough that a busy machine does not elect all the time.
		config.UnsafeNoFsync = true
		config.TickMs, config.ElectionMs = 50, 500
		config.ListenPeerUrls, config.AdvertisePeerUrls = peer, advertised
		config.ListenClientUrls, config.AdvertiseClientUrls = client, client
		config.ClientTLSInfo = transport.TLSInfo{CertFile: info.CertFile, KeyFile: info.KeyFile, TrustedCAFile: info.CertFile, ClientCertAuth: true}
		all = append(all, config.Name+"="+advertised[0].String())
		c.members[i] = &member{config: config, wire: startWire(t), peers: peers}
		c.target.Servers = append(c.target.Servers, "https://"+c.members[i].wire.listener.Addr().String())
	}
	for _, m := range c.members {
		m.config.InitialCluster = strings.Join(all, ",")
		m.start(t)
		t.Cleanup(m.stop)
	}
	for _, m := range c.members {
		m.ready(t)
	}
	return c
}

// leader is the member that leads, once there is one.
func (c *cluster) leader(t *testing.T) *member {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, m := range c.members {
			if m.etcd.Server.Lead() == uint64(m.etcd.Server.MemberID()) {
				return m
			}
		}
	}
	t.Fatal("no member leads")
	return nil
}

// isolate cuts a member off from the others, both ways, and not from its clients; join undoes that.
func (c *cluster) isolate(m *member) {
	m.peers.lead("")
	for _, other := range c.members {
		other.peers.ban(m.etcd.Server.MemberID().String())
	}
}

func (c *cluster) join(t *testing.T, m *member) {
	if m.etcd.Server.Lead() != 0 {
		t.Error("the member was not cut off: it knows a leader")
	}
	m.peers.lead(m.config.ListenPeerUrls[0].Host)
	for _, other := range c.members {
		other.peers.ban("")
	}
}

func (m *member) start(t *testing.T) {
	t.Helper()
	e, err := embed.StartEtcd(m.config)
	if err != nil {
		t.Fatal(err)
	}
	m.etcd = e
	m.connect()
}

// connect lets clients come.
func (m *member) connect() { m.wire.lead(m.etcd.Clients[0].Addr().String()) }

// ready waits until the member takes part.
func (m *member) ready(t *testing.T) {
	t.Helper()
	select {
	case <-m.etcd.Server.ReadyNotify():
	case <-time.After(time.Minute):
		t.Fatal("a member does not get ready")
	}
}

// stop ends the member as a crash would: a leader hands its office to nobody.
func (m *member) stop() {
	m.wire.lead("")
	m.etcd.Server.HardStop()
	m.etcd.Close()
}

// wire carries connections to an address that may change. A frozen wire takes new connections and keeps the old ones open,
// but carries nothing: what clients see of a host that hangs.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	address  string
	// moving is closed while bytes may pass.
	moving chan struct{}
	// open are the connections, with the member that each comes from, as far as that is known; banned is the one that may not.
	open   map[net.Conn]string
	banned string
}

func startWire(t *testing.T) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, moving: make(chan struct{}), open: map[net.Conn]string{}}
	close(w.moving)
	var carriers sync.WaitGroup
	carriers.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			carriers.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.thaw()
		w.lead("")
		carriers.Wait()
	})
	return w
}

// carry copies both ways until one side closes.
func (w *wire) carry(near net.Conn) {
	defer near.Close()
	w.mu.Lock()
	address := w.address
	// From now on, so that who is cut off does not stay because nothing was sent yet.
	w.open[near] = ""
	w.mu.Unlock()
	defer w.forget(near)
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer w.forget(far)
	sent := bufio.NewReader(near)
	from := source(sent)
	w.mu.Lock()
	stale := w.address != address || from != "" && from == w.banned
	if !stale {
		w.open[near], w.open[far] = from, from
	}
	w.mu.Unlock()
	if stale {
		far.Close()
		return
	}
	var both sync.WaitGroup
	for _, way := range []struct {
		to   net.Conn
		from io.Reader
	}{{far, sent}, {near, far}} {
		both.Go(func() {
			// Ends with either connection, which ends the other way too.
			_, _ = io.Copy(gate{way.to, w}, way.from)
			near.Close()
			far.Close()
		})
	}
	both.Wait()
}

func (w *wire) forget(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// source is the member that the first request of a connection names as its sender; nothing is read of what is no plain HTTP.
// A connection that members keep is of one of them.
func source(sent *bufio.Reader) string {
	const header = "X-Server-From: "
	if start, err := sent.Peek(4); err != nil || string(start) != "GET " && string(start) != "POST" {
		return ""
	}
	for n := 4; ; n++ {
		head, err := sent.Peek(n)
		if err != nil {
			return ""
		}
		if !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			continue
		}
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if from, found := strings.CutPrefix(line, header); found {
				return from
			}
		}
		return ""
	}
}

// ban cuts off a member, and lets all others come.
func (w *wire) ban(member string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.banned = member
	for c, from := range w.open {
		if from != "" && from == member {
			c.Close()
		}
	}
}

// gate holds back what is written while the wire is frozen.
type gate struct {
	net.Conn
	wire *wire
}

func (g gate) Write(b []byte) (int, error) {
	g.wire.mu.Lock()
	moving := g.wire.moving
	g.wire.mu.Unlock()
	<-moving
	return g.Conn.Write(b)
}

// lead cuts what is connected; new connections go to the address, to nowhere when it is empty.
func (w *wire) lead(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.address = address
	for c := range w.open {
		c.Close()
	}
}

// used says whether somebody is connected.
func (w *wire) used() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open) > 0
}

func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moving = make(chan struct{})
}

func (w *wire) thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.moving:
	default:
		close(w.moving)
	}
}
