package e2e

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Two servers on one external etcd are one: each sees what is written through the other, at once and in its watches.
func TestExternalEtcd(t *testing.T) {
	etcd := startEtcd(t)
	a := harness.Start(t, "--etcd-servers="+etcd)
	b := harness.Start(t, "--etcd-servers="+etcd)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	onB := api{b.URL, b.Client(harness.AdminToken)}
	var start configMaps
	onB.get(t, inDefault, &start)
	events := onB.watch(ctx, t, inDefault+"?watch=true&resourceVersion="+start.Metadata.ResourceVersion).events

	kubectlA, kubectlB := a.Kubectl(), b.Kubectl()
	kubectlA.OK("create", "configmap", "shared", "--from-literal=n=1")
	if out := kubectlB.OK("get", "configmap", "shared", "-o", "jsonpath={.data.n}"); out != "1" {
		t.Errorf("the other server has %q", out)
	}
	kubectlB.OK("patch", "configmap", "shared", "--type=merge", "--patch", `{"data":{"n":"2"}}`)
	if out := kubectlA.OK("get", "configmap", "shared", "-o", "jsonpath={.data.n}"); out != "2" {
		t.Errorf("the first server has %q", out)
	}
	kubectlA.OK("delete", "configmap", "shared")
	for _, want := range []string{"ADDED 1", "MODIFIED 2", "DELETED 2"} {
		select {
		case e := <-events:
			if got := e.Type + " " + e.Object.Data["n"]; got != want {
				t.Errorf("event %s, want %s", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("no event %s", want)
		}
	}

	// One of them going away does not disturb the other, and a new one finds everything.
	kubectlB.OK("create", "configmap", "kept")
	a.Kill()
	if out := kubectlB.OK("get", "configmap", "kept", "-o", "name"); out != "configmap/kept\n" {
		t.Errorf("the server that is left has %q", out)
	}
	a.Restart()
	if out := kubectlA.OK("get", "configmap", "kept", "-o", "name"); out != "configmap/kept\n" {
		t.Errorf("the new server has %q", out)
	}
}

// A server whose etcd goes away says so, answers nothing that might be old, and is as before when etcd is back: nothing is
// lost, and watches go on.
func TestExternalEtcdAway(t *testing.T) {
	config := etcdConfig(t)
	stop := runEtcd(t, config)
	s := harness.Start(t, "--request-timeout=2s", "--etcd-servers="+config.ListenClientUrls[0].String())
	client := s.Client(harness.AdminToken)
	on := api{s.URL, client}
	kubectl := s.Kubectl()
	kubectl.OK("create", "configmap", "before")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var start configMaps
	on.get(t, inDefault, &start)
	events := on.watch(ctx, t, inDefault+"?watch=true&resourceVersion="+start.Metadata.ResourceVersion).events
	if err := s.Ready(client); err != nil {
		t.Fatal(err)
	}

	stop()
	status := func(path string) int {
		resp, err := client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if code := status("/readyz"); code != http.StatusInternalServerError {
		t.Errorf("/readyz without etcd: %d", code)
	}
	if code := status(inDefault); code < 500 {
		t.Errorf("a list without etcd: %d", code)
	}
	if code := status(inDefault + "?resourceVersion=0"); code != http.StatusOK {
		t.Errorf("a list of whatever is at hand without etcd: %d", code)
	}
	if code := status("/livez/ping"); code != http.StatusOK {
		t.Errorf("/livez/ping without etcd: %d", code)
	}

	runEtcd(t, config)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := s.Ready(client)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	kubectl.OK("get", "configmap", "before")
	kubectl.OK("create", "configmap", "after", "--from-literal=n=1")
	select {
	case e := <-events:
		if e.Type != "ADDED" || e.Object.Data["n"] != "1" {
			t.Errorf("event %s %v", e.Type, e.Object.Data)
		}
	case <-time.After(time.Minute):
		t.Fatal("the watch does not go on")
	}
}

// startEtcd runs an etcd in this process and returns its address.
func startEtcd(t *testing.T) string {
	t.Helper()
	config := etcdConfig(t)
	runEtcd(t, config)
	return config.ListenClientUrls[0].String()
}

// etcdConfig is that of an etcd of one member, with its data in a folder of the test.
func etcdConfig(t *testing.T) *embed.Config {
	t.Helper()
	local := func() url.URL { return url.URL{Scheme: "http", Host: "127.0.0.1:" + harness.FreePort(t)} }
	client, peer := local(), local()
	config := embed.NewConfig()
	config.Dir, config.LogLevel = t.TempDir(), "error"
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config
}

// runEtcd runs it until the test is over, or stop is called.
func runEtcd(t *testing.T, config *embed.Config) (stop func()) {
	t.Helper()
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(etcd.Close)
	t.Cleanup(stop)
	<-etcd.Server.ReadyNotify()
	return stop
}
