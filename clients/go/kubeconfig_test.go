package kube

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKubeconfig(t *testing.T) {
	a := newAuthority(t)
	server, ca := a.serve(whoAmI)
	cert, key := a.user("alice")
	b64 := base64.StdEncoding.EncodeToString
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.crt"), string(ca))
	write(t, filepath.Join(dir, "alice.crt"), string(cert))
	write(t, filepath.Join(dir, "alice.key"), string(key))
	write(t, filepath.Join(dir, "token"), "from-a-file\n")
	first := write(t, filepath.Join(dir, "first"), fmt.Sprintf(`
apiVersion: v1
kind: Config
current-context: data
clusters:
- name: data
  cluster: {server: %[1]q, certificate-authority-data: %[2]s}
- name: files
  cluster: {server: %[1]q, certificate-authority: ca.crt}
- name: insecure
  cluster: {server: %[1]q, insecure-skip-tls-verify: true}
- name: named
  cluster: {server: %[1]q, certificate-authority: ca.crt, tls-server-name: example.com}
users:
- name: data
  user: {client-certificate-data: %[3]s, client-key-data: %[4]s}
- name: files
  user: {client-certificate: alice.crt, client-key: alice.key}
- name: token
  user: {token: secret}
- name: token-file
  user: {tokenFile: token, token: older}
- name: basic
  user: {username: u, password: p}
- name: other
  user: {token: secret, as: bob, as-groups: [g1, g2], as-user-extra: {example.com/x: [why]}}
contexts:
- {name: data, context: {cluster: data, user: data, namespace: shop}}
- {name: files, context: {cluster: files, user: files}}
- {name: token, context: {cluster: insecure, user: token}}
- {name: token-file, context: {cluster: files, user: token-file}}
- {name: basic, context: {cluster: named, user: basic}}
- {name: other, context: {cluster: files, user: other}}
- {name: nobody, context: {cluster: files, user: ""}}
- {name: no-cluster, context: {cluster: gone, user: data}}
- {name: no-user, context: {cluster: data, user: gone}}
`, server.URL, b64(ca), b64(cert), b64(key)))
	for _, c := range []struct {
		context, namespace string
		want               map[string]string
	}{
		{"", "shop", map[string]string{"name": "alice"}},
		{"files", "default", map[string]string{"name": "alice"}},
		{"token", "default", map[string]string{"authorization": "Bearer secret"}},
		{"token-file", "default", map[string]string{"authorization": "Bearer from-a-file"}},
		{"basic", "default", map[string]string{"authorization": "Basic " + b64([]byte("u:p"))}},
		{"other", "default", map[string]string{"authorization": "Bearer secret", "impersonate": "bob", "groups": "g1,g2", "extra": "why"}},
		{"nobody", "default", map[string]string{}},
	} {
		t.Run(c.context, func(t *testing.T) {
			config, err := LoadKubeconfig(first, c.context)
			if err != nil {
				t.Fatal(err)
			}
			config.UserAgent = "shop/1"
			client, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if got := client.Namespace(); got != c.namespace {
				t.Errorf("the namespace is %s", got)
			}
			got := ask(t, client)
			if agent := got["agent"]; !strings.HasPrefix(agent, "shop/1 gatehouse-go/"+Version+" (") {
				t.Errorf("the agent is %q", agent)
			}
			if got["protocol"] != "HTTP/2.0" {
				t.Errorf("over %s", got["protocol"])
			}
			for _, name := range []string{"name", "authorization", "impersonate", "groups", "extra"} {
				if got[name] != c.want[name] {
					t.Errorf("%s is %q, want %q", name, got[name], c.want[name])
				}
			}
		})
	}
	for context, want := range map[string]string{"no-cluster": `no cluster "gone"`, "no-user": `no user "gone"`, "gone": `no context "gone"`} {
		if _, err := LoadKubeconfig(first, context); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", context, err, want)
		}
	}
	t.Run("merged", func(t *testing.T) {
		second := write(t, filepath.Join(dir, "second"), `
current-context: ignored
users: [{name: token, user: {token: ignored}}, {name: added, user: {token: added}}]
contexts: [{name: added, context: {cluster: insecure, user: added}}]
`)
		t.Setenv("KUBECONFIG", strings.Join([]string{filepath.Join(dir, "missing"), first, second}, string(filepath.ListSeparator)))
		for context, token := range map[string]string{"token": "secret", "added": "added"} {
			c, err := LoadKubeconfig("", context)
			if err != nil || c.Token != token {
				t.Errorf("%s: token %q, %v", context, c.Token, err)
			}
		}
		if c, err := AutoConfig(); err != nil || c.Namespace != "shop" {
			t.Errorf("got %q, %v", c.Namespace, err)
		}
	})
}

func TestInCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "missing"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := AutoConfig(); err == nil {
		t.Error("nothing is there, and it is found")
	}
	if _, err := InClusterConfig(); err == nil {
		t.Error("it is in a cluster without being told so")
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	dir := t.TempDir()
	if _, err := inCluster(dir); err == nil {
		t.Error("there is no token")
	}
	write(t, filepath.Join(dir, "token"), "t")
	write(t, filepath.Join(dir, "ca.crt"), "ca")
	write(t, filepath.Join(dir, "namespace"), "shop\n")
	got, err := inCluster(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Host: "https://[fd00::1]:443", Namespace: "shop", TokenFile: filepath.Join(dir, "token"), TLS: TLS{CA: []byte("ca")}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
