package instance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// inMemory is a configuration of a server that writes nothing anywhere.
func inMemory() Config {
	c := Default()
	c.Storage.Backend = Memory{}
	return c
}

func started(t *testing.T, c Config) *Instance {
	t.Helper()
	i, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close(context.Background()) }) // tests that care have closed it
	return i
}

// status is that of a GET.
func status(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // only the status matters
	return resp.StatusCode
}

func ended(t *testing.T, i *Instance) error {
	t.Helper()
	select {
	case <-i.Done():
		return i.Err()
	case <-time.After(patience):
		t.Fatal("the server does not end")
		return nil
	}
}

// A server in memory is whole, and writes nothing.
func TestInMemory(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	i := started(t, inMemory())
	client := administrator(t, i, true)
	defer client.CloseIdleConnections()
	if code := create(t, client, i.URL(), "a"); code != http.StatusCreated {
		t.Errorf("creating: %d", code)
	}
	if code := status(t, client, i.URL()+configMaps+"/a"); code != http.StatusOK {
		t.Errorf("getting: %d", code)
	}
	if !strings.Contains(string(i.Kubeconfig()), i.URL()) {
		t.Error("the kubeconfig names another server")
	}
	select {
	case <-i.Done():
		t.Error("it has ended")
	default:
	}
	if err := i.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := i.Close(t.Context()); err != nil { // once more does no harm
		t.Error(err)
	}
	if err := ended(t, i); err != nil {
		t.Errorf("closed, and yet: %v", err)
	}
	if left, err := os.ReadDir(here); err != nil || len(left) > 0 {
		t.Errorf("wrote %v (%v)", left, err)
	}
}

// mortal is a backend that says that it failed when it is told to.
type mortal struct{ failed chan error }

type mortalStore struct {
	storage.Feeder
	failed chan error
}

func (s mortalStore) Failed() <-chan error { return s.failed }

func (m mortal) open(context.Context, etcd.Options) (storage.Feeder, error) {
	return mortalStore{memory.New(memory.Options{}), m.failed}, nil
}

// A server whose store or port fails takes itself down and says why.
func TestEndsByItself(t *testing.T) {
	before := now(t)
	reason := errors.New("the disk is full")
	c := inMemory()
	backend := mortal{make(chan error, 1)}
	c.Storage.Backend = backend
	i := started(t, c)
	if i.Err() != nil {
		t.Error("it has ended before anything happened")
	}
	backend.failed <- reason
	if err := ended(t, i); !errors.Is(err, reason) {
		t.Errorf("ended with %v", err)
	}
	freed(t, i.Addresses().Secure)

	i = started(t, inMemory())
	_ = i.ports.secure.Close() // as the system might
	if err := ended(t, i); err == nil {
		t.Error("a server without its port says nothing")
	}
	if err := i.Close(t.Context()); err != nil {
		t.Error(err)
	}
	settled(t, before)
}

// Nothing is left of a server that does not come up.
func TestStartThatFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	nobody := External{etcd.Target{Servers: []string{"http://127.0.0.1:1"}}}
	for _, c := range []struct {
		name, want string
		change     func(*Config)
	}{
		{"no store", "a server needs a store", func(c *Config) { c.Storage.Backend = nil }},
		{"a port of somebody else", "secure port", func(c *Config) { c.Serving.Port = port }},
		{"an insecure port of somebody else", "insecure port", func(c *Config) { c.Serving.InsecurePort = port }},
		{"no such certificate", "--tls-cert-file", func(c *Config) { c.Serving.CertFile, c.Serving.KeyFile = "/nosuch", "/nosuch" }},
		{"no such version", "unknown api groups", func(c *Config) { c.Versions = map[string]string{"apps/v7": "true"} }},
		{"a plugin that is not here", "is not part of this version", func(c *Config) { c.Admission.Enable = []string{"MutatingAdmissionPolicy"} }},
		{"no such audit policy", "nosuch", func(c *Config) { c.Audit.PolicyFile = "/nosuch" }},
		{"a kubeconfig where none can be", "kubeconfig", func(c *Config) { c.Serving.Kubeconfig = "/dev/null/config" }},
		{"an etcd that does not answer", "creating what a cluster begins with", func(c *Config) { c.Storage.Backend = nobody }},
		{"a folder that is a file", "make data directory", func(c *Config) { c.Storage.Backend = Embedded{Dir: "/dev/null/etcd"} }},
	} {
		before := now(t)
		config := inMemory()
		c.change(&config)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		i, err := Start(ctx, config)
		cancel()
		if err == nil {
			t.Errorf("%s: it serves", c.name)
			_ = i.Close(t.Context())
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		settled(t, before)
	}
}

// A server that is told to close goes on for as long as it was told, and says meanwhile that it is not ready.
func TestCloseDelay(t *testing.T) {
	c := inMemory()
	c.Requests.CloseDelay = time.Hour
	i := started(t, c)
	client := administrator(t, i, false)
	defer client.CloseIdleConnections()
	if code := status(t, client, i.URL()+"/readyz"); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- i.Close(ctx) }()
	for end := time.Now().Add(patience); status(t, client, i.URL()+"/readyz") == http.StatusOK; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is ready while it closes")
		}
	}
	if code := create(t, client, i.URL(), "late"); code != http.StatusCreated {
		t.Errorf("a write while the server leaves: %d", code)
	}
	cancel() // no more patience
	if err := <-closed; err != nil {
		t.Error(err)
	}
	freed(t, i.Addresses().Secure)
}
