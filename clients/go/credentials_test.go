package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTokenFile: a token is read again after a minute, and at once when the server refuses it.
func TestTokenFile(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "token"), "one")
	valid := "Bearer one"
	c := peer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != valid {
			refuse(w, 401, "Unauthorized")
			return
		}
		whoAmI(w, r)
	})
	now := time.Now()
	file := &tokenFile{path: path, now: func() time.Time { return now }}
	c.credentials = file
	is := func(want string) {
		t.Helper()
		if got := ask(t, c)["authorization"]; got != want {
			t.Errorf("authorization is %q, want %q", got, want)
		}
	}
	is("Bearer one")
	write(t, path, "two")
	is("Bearer one")
	now = now.Add(tokenFileAge)
	valid = "Bearer two"
	is("Bearer two")
	write(t, path, "three")
	valid = "Bearer three"
	is("Bearer three") // refused once, read again
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	now = now.Add(tokenFileAge)
	is("Bearer three") // a file that is gone for a moment
	valid = "Bearer four"
	if _, err := things.In(c, "n").Get(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "Unauthorized") {
		t.Errorf("got %v", err)
	}
}

// plugin writes a command that prints what a file has, and notes each of its runs and what it was told.
func plugin(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "plugin")
	script := fmt.Sprintf("#!/bin/sh\necho run >> %[1]s/runs\nprintf %%s \"$KUBERNETES_EXEC_INFO\" > %[1]s/info\nprintf %%s \"$GREETING $*\" > %[1]s/args\ncat %[1]s/answer\n", dir)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func runs(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "run")
}

func TestExecPlugin(t *testing.T) {
	for _, version := range []string{"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"} {
		t.Run(version, func(t *testing.T) {
			a := newAuthority(t)
			valid := "Bearer one"
			server, ca := a.serve(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Authorization"); got != valid {
					refuse(w, 401, "Unauthorized")
					return
				}
				whoAmI(w, r)
			})
			dir := t.TempDir()
			plugin(t, dir)
			print := func(status map[string]any) {
				b, err := json.Marshal(map[string]any{"kind": "ExecCredential", "apiVersion": version, "status": status})
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "answer"), string(b))
			}
			config := write(t, filepath.Join(dir, "config"), fmt.Sprintf(`
current-context: c
clusters:
- name: c
  cluster: {server: %q, certificate-authority: ca, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me}}]}
users:
- name: u
  user: {exec: {command: ./plugin, args: [a, b], env: [{name: GREETING, value: hello}], apiVersion: %s, provideClusterInfo: true, interactiveMode: Never}}
contexts: [{name: c, context: {cluster: c, user: u}}]
`, server.URL, version))
			write(t, filepath.Join(dir, "ca"), string(ca))
			expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
			print(map[string]any{"token": "one", "expirationTimestamp": expires.Format(time.RFC3339)})
			c, err := FromKubeconfig(config)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for range 3 {
				if got := ask(t, c)["authorization"]; got != "Bearer one" {
					t.Errorf("authorization is %q", got)
				}
			}
			if n := runs(t, dir); n != 1 {
				t.Errorf("it ran %d times", n)
			}
			info, err := os.ReadFile(filepath.Join(dir, "info"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`"apiVersion":"` + version + `"`, `"server":"` + server.URL + `"`, `"config":{"audience":"me"}`, `"interactive":false`} {
				if !strings.Contains(string(info), want) {
					t.Errorf("it is not told %s: %s", want, info)
				}
			}
			if args, err := os.ReadFile(filepath.Join(dir, "args")); err != nil || string(args) != "hello a b" {
				t.Errorf("it is called with %q, %v", args, err)
			}
			// It runs again when its token has expired, and when the server refuses one that has not.
			c.credentials.(*execCredentials).now = func() time.Time { return expires }
			valid = "Bearer two"
			print(map[string]any{"token": "two"})
			if got := ask(t, c)["authorization"]; got != "Bearer two" || runs(t, dir) != 2 {
				t.Errorf("authorization is %q after %d runs", got, runs(t, dir))
			}
			valid = "Bearer three"
			print(map[string]any{"token": "three"})
			if got := ask(t, c)["authorization"]; got != "Bearer three" || runs(t, dir) != 3 {
				t.Errorf("authorization is %q after %d runs", got, runs(t, dir))
			}
			// A certificate instead of a token.
			valid = ""
			cert, key := a.user("plugged")
			print(map[string]any{"clientCertificateData": string(cert), "clientKeyData": string(key)})
			c.credentials.renew()
			c.Close()
			if got := ask(t, c)["name"]; got != "plugged" {
				t.Errorf("the server sees %q", got)
			}
		})
	}
}

func TestExecPluginFaults(t *testing.T) {
	for _, c := range []struct{ name, answer, want string }{
		{"no JSON", "hello", "printed no JSON"},
		{"another version", `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1","status":{"token":"t"}}`, "not an ExecCredential of"},
		{"nothing", `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}`, "neither a token nor a certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "answer"), c.answer)
			client, err := New(Config{Host: "http://127.0.0.1:1", Exec: &ExecPlugin{Command: plugin(t, dir), APIVersion: "client.authentication.k8s.io/v1"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := things.In(client, "n").Get(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	client, err := New(Config{Host: "http://127.0.0.1:1", Exec: &ExecPlugin{Command: "no-such-plugin", APIVersion: "client.authentication.k8s.io/v1", InstallHint: "install it so"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := things.In(client, "n").Get(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "install it so") {
		t.Errorf("got %v", err)
	}
}
