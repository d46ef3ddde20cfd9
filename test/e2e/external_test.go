package e2e

import (
	"context"
	"net/url"
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

// startEtcd runs an etcd in this process and returns its address.
func startEtcd(t *testing.T) string {
	t.Helper()
	local := func() url.URL { return url.URL{Scheme: "http", Host: "127.0.0.1:" + freePort(t)} }
	client, peer := local(), local()
	config := embed.NewConfig()
	config.Dir, config.LogLevel = t.TempDir(), "error"
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(etcd.Close)
	<-etcd.Server.ReadyNotify()
	return client.String()
}
