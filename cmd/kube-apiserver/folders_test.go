package main

import (
	"context"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdBeside runs an etcd until the test ends.
func etcdBeside(t *testing.T) string {
	t.Helper()
	local := func() url.URL {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return url.URL{Scheme: "http", Host: l.Addr().String()}
	}
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

// output calls up once the server says that it serves.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	up   func()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if strings.Contains(o.text.String(), "Serving the Kubernetes API") {
		o.up()
	}
	return len(p), nil
}

// serve runs a server until it has come up and returns what it printed.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &output{up: cancel}
	if err := start(ctx, append(args, "--secure-port=0", "--bind-address=127.0.0.1"), out, &output{up: func() {}}); err != nil {
		t.Fatal(err)
	}
	return out.text.String()
}

// files are those below a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var name string
			name, err = filepath.Rel(dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Beside an external etcd a server writes into the folders that it is told of, which it makes, and nowhere else.
func TestFoldersBesideAnEtcd(t *testing.T) {
	etcd := "--etcd-servers=" + etcdBeside(t)
	made := []string{"admin.crt", "admin.key", "ca.crt", "ca.key", "kube-apiserver.crt", "kube-apiserver.key", "sa.key", "sa.pub"}
	in := func(dir string, names []string) (all []string) {
		for _, name := range names {
			all = append(all, filepath.Join(dir, name))
		}
		return all
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"nothing is named", nil, nil},
		{"an empty folder is named", []string{"--data-dir="}, nil},
		{"a folder of certificates", []string{"--cert-dir=a/certs"}, append(in("a/certs", made), "a/certs/admin.kubeconfig")},
		{"a folder of data", []string{"--data-dir=b/data"}, append(in("b/data/pki", made), "b/data/admin.kubeconfig")},
		{"both", []string{"--cert-dir=certs", "--data-dir=data"}, append(in("certs", made), "data/admin.kubeconfig")},
	} {
		here := t.TempDir()
		t.Chdir(here)
		said := serve(t, append(c.args, etcd)...)
		got := files(t, here)
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: wrote %q, want %q", c.name, got, c.want)
		}
		if strings.Contains(said, "admin.kubeconfig") != (c.want != nil) {
			t.Errorf("%s: said %q", c.name, said)
		}
	}
}
