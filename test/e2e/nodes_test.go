package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// TestNodes: with its certificate a node reads what its pods need, as long as they are there, and nothing of others.
func TestNodes(t *testing.T) {
	server := harness.Start(t)
	authority, err := pki.OpenAuthority(filepath.Dir(server.CA()), "ca")
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(server.CA())
	if err != nil {
		t.Fatal(err)
	}
	node := func(name string) *harness.Kubectl {
		pair, err := authority.Client("node-"+name, "system:node:"+name, "system:nodes")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := pki.WriteKubeconfig(path, server.URL, pem, name, pair); err != nil {
			t.Fatal(err)
		}
		return harness.NewKubectl(t, path)
	}
	one, two, admin := node("n1"), node("n2"), server.Kubectl()
	pod := func(name, node, secret string) string {
		return `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"` + name + `","namespace":"default"},"spec":{"nodeName":"` + node + `",` +
			`"serviceAccountName":"robot","containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"` + secret + `"}}]}}`
	}
	for _, command := range []string{
		"create secret generic first --from-literal=a=b", "create secret generic second --from-literal=a=b",
		"create secret generic third --from-literal=a=b", "create serviceaccount robot", "create serviceaccount other",
	} {
		admin.OK(strings.Fields(command)...)
	}
	admin.OKIn(pod("a", "n1", "first"), "create", "-f", "-")
	admin.OKIn(pod("b", "n2", "second"), "create", "-f", "-")

	// The graph follows the store a moment later.
	await := func(k *harness.Kubectl, want bool, args ...string) {
		t.Helper()
		for (k.Run("", args...).Code == 0) != want {
			if t.Context().Err() != nil {
				t.Fatal(args)
			}
		}
	}
	await(one, true, "get", "secret", "first")
	await(two, true, "get", "secret", "second")
	for _, c := range []struct {
		node *harness.Kubectl
		args string
		want string
	}{
		{one, "get secret second", "no relationship found between node 'n1' and this object"},
		{one, "get secret third", "no relationship found between node 'n1' and this object"},
		{one, "get secrets", "No Object name found"},
		{one, "get secrets -A", "can only read namespaced object of this type"},
		{one, "get nodes", "node 'n1' cannot read all nodes, only its own Node object"},
		{one, "get node n2", "node 'n1' cannot read 'n2', only its own Node object"},
		{one, "get pods -A", "can only list/watch pods with spec.nodeName field selector"},
		{one, "get pods -A --field-selector=spec.nodeName=n2", "can only list/watch pods with spec.nodeName field selector"},
		{one, "get pod b", "no relationship found between node 'n1' and this object"},
		{one, "create token other", "no relationship found between node 'n1' and this object"},
		{one, "get lease n2 -n kube-node-lease", "can only access node lease with the same name as the requesting node"},
		{two, "get secret first", "no relationship found between node 'n2' and this object"},
		{two, "get deployments", `cannot list resource "deployments"`},
	} {
		if out := c.node.Fails(strings.Fields(c.args)...); !strings.Contains(out, c.want) || !strings.Contains(out, "orbidden") {
			t.Errorf("%s: %q, want %q", c.args, out, c.want)
		}
	}
	if out := one.OK("get", "pods", "-A", "--field-selector=spec.nodeName=n1", "-o", "name"); out != "pod/a\n" {
		t.Errorf("its pods are %q", out)
	}
	one.OK("get", "services", "-A")
	admin.OK("delete", "pod", "a", "--grace-period=0", "--force")
	await(one, false, "get", "secret", "first")
}
