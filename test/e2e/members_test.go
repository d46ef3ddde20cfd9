package e2e

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// A server on three members, over TLS, serves everything while their leader is away; without a quorum it says so and shows only
// what may be old; and in the end its watch has told everything once and in order.
func TestExternalEtcdMembers(t *testing.T) {
	members, flags := startMembers(t)
	s := harness.Start(t, append(flags, "--request-timeout=5s")...)
	client := s.Client(harness.AdminToken)
	on := api{s.URL, client}
	kubectl := s.Kubectl()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var start configMaps
	on.get(t, inDefault, &start)
	events := on.watch(ctx, t, inDefault+"?watch=true&resourceVersion="+start.Metadata.ResourceVersion).events
	told := func(want string) {
		t.Helper()
		select {
		case e := <-events:
			if got := e.Type + " " + e.Object.Data["n"]; got != want {
				t.Fatalf("event %s, want %s", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("no event %s", want)
		}
	}
	n := 0
	// apply writes until it is acknowledged: a write under way when a member crashes may fail, and may have happened.
	apply := func() {
		t.Helper()
		n++
		manifest := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {\"n\": %q}\n", fmt.Sprint(n))
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			result := kubectl.Run(manifest, "apply", "-f", "-")
			if result.Code == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("apply: %s", result.All())
			}
		}
		// A read may be refused while the cache looks for another member to follow; it is never old.
		for deadline := time.Now().Add(time.Minute); ; {
			result := kubectl.Run("", "get", "configmap", "one", "-o", "jsonpath={.data.n}")
			if result.Code == 0 && result.Out != fmt.Sprint(n) {
				t.Errorf("after %d was written, %s is read", n, result.Out)
			}
			if result.Code == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("get: %s", result.All())
			}
		}
		told(map[bool]string{true: "ADDED ", false: "MODIFIED "}[n == 1] + fmt.Sprint(n))
	}
	ready := func() {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); s.Ready(client) != nil; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(s.Ready(client))
			}
		}
	}
	apply()
	first := slices.IndexFunc(members[:], func(m *etcdMember) bool {
		return m.etcd.Server.Lead() == uint64(m.etcd.Server.MemberID())
	})
	if first < 0 {
		t.Fatal("no member leads")
	}
	second := (first + 1) % len(members)
	members[first].stop()
	apply()
	ready()

	members[second].stop()
	for _, c := range []struct {
		path string
		ok   bool
	}{{"/readyz", false}, {"/livez/ping", true}, {inDefault + "/one", false}, {inDefault, false}, {inDefault + "?resourceVersion=0", true}} {
		answer, err := client.Get(s.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if ok := answer.StatusCode == http.StatusOK; ok != c.ok || !ok && answer.StatusCode < 500 {
			t.Errorf("%s without a quorum: %s", c.path, answer.Status)
		}
	}
	members[first].start(t)
	members[second].start(t)
	ready()
	apply()
}

// etcdMember keeps its data and its addresses while it is stopped.
type etcdMember struct {
	config *embed.Config
	etcd   *embed.Etcd
	stop   func()
	// closed is closed once nothing is left of the last run.
	closed <-chan struct{}
}

// startMembers runs an etcd of three members that want a certificate of their clients, and gives the flags for it.
func startMembers(t *testing.T) (members [3]*etcdMember, flags []string) {
	t.Helper()
	// One certificate for both sides, which is its own authority.
	info, err := transport.SelfCert(zap.NewNop(), t.TempDir(), []string{"127.0.0.1:0"}, 1, x509.ExtKeyUsageClientAuth)
	if err != nil {
		t.Fatal(err)
	}
	var all, servers []string
	for i := range members {
		config := etcdConfig(t)
		config.Name, config.LogLevel, config.UnsafeNoFsync = fmt.Sprint("member", i), "fatal", true
		clients := []url.URL{{Scheme: "https", Host: config.ListenClientUrls[0].Host}}
		config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
		config.ClientTLSInfo = transport.TLSInfo{CertFile: info.CertFile, KeyFile: info.KeyFile, TrustedCAFile: info.CertFile, ClientCertAuth: true}
		all = append(all, config.Name+"="+config.ListenPeerUrls[0].String())
		servers = append(servers, clients[0].String())
		members[i] = &etcdMember{config: config}
	}
	t.Cleanup(func() {
		for _, m := range members {
			if m.stop != nil {
				m.stop()
			}
		}
		for _, m := range members {
			if m.closed != nil {
				<-m.closed
			}
		}
	})
	for _, m := range members {
		m.config.InitialCluster = strings.Join(all, ",")
		m.start(t)
	}
	for _, m := range members {
		<-m.etcd.Server.ReadyNotify()
	}
	return members, []string{
		"--etcd-servers=" + strings.Join(servers, ","),
		"--etcd-cafile=" + info.CertFile, "--etcd-certfile=" + info.CertFile, "--etcd-keyfile=" + info.KeyFile,
	}
}

func (m *etcdMember) start(t *testing.T) {
	t.Helper()
	if m.closed != nil {
		<-m.closed
	}
	etcd, err := embed.StartEtcd(m.config)
	if err != nil {
		t.Fatal(err)
	}
	m.etcd = etcd
	// As a crash would: a leader hands its office to nobody. The ports close behind, after their connections.
	closed := make(chan struct{})
	m.stop = sync.OnceFunc(func() {
		etcd.Server.HardStop()
		go func() {
			defer close(closed)
			etcd.Close()
		}()
	})
	m.closed = closed
}
