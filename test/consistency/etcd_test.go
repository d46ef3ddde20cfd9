package consistency

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// etcdVariable tells this test binary, started by itself, to be an etcd: one that can be killed. It names the folder.
const (
	etcdVariable    = "CONSISTENCY_TEST_ETCD"
	addressVariable = "CONSISTENCY_TEST_ETCD_ADDRESS"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(etcdVariable); dir != "" {
		fmt.Fprintln(os.Stderr, beEtcd(dir, os.Getenv(addressVariable)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// beEtcd runs an etcd until the process is killed, or its parent is gone.
func beEtcd(dir, address string) error {
	client, err := url.Parse(address)
	if err != nil {
		return err
	}
	// Nobody else joins, so the address for members only has to be one.
	peer := url.URL{Scheme: "unix", Host: "peer:0"}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir, config.LogLevel = filepath.Join(dir, "data"), "fatal"
	config.TickMs, config.ElectionMs = 10, 100 // a restarted one waits for an election time before it leads
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	select {
	case err := <-etcd.Err():
		return err
	case <-etcd.Server.StopNotify():
		return errors.New("etcd stopped")
	case <-orphaned():
		return errors.New("the test is gone")
	}
}

// orphaned is closed when the process that started this one has ended.
func orphaned() <-chan struct{} {
	gone, parent := make(chan struct{}), os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(time.Second)
		}
		close(gone)
	}()
	return gone
}

// etcdProcess is an etcd of its own. It keeps its address over restarts.
type etcdProcess struct {
	t       *testing.T
	dir     string
	address string
	command *exec.Cmd
}

func startEtcd(t *testing.T) *etcdProcess {
	t.Helper()
	e := &etcdProcess{t: t, dir: t.TempDir(), address: "http://127.0.0.1:" + harness.FreePort(t)}
	e.start()
	t.Cleanup(e.kill)
	return e
}

func (e *etcdProcess) start() {
	e.t.Helper()
	program, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	e.command = exec.Command(program)
	e.command.Env = append(os.Environ(), etcdVariable+"="+e.dir, addressVariable+"="+e.address)
	e.command.Stderr = os.Stderr
	if err := e.command.Start(); err != nil {
		e.t.Fatal(err)
	}
}

func (e *etcdProcess) kill() {
	e.t.Helper()
	if err := e.command.Process.Kill(); err != nil {
		e.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := e.command.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		e.t.Fatalf("etcd ended by itself: %v", err)
	}
}

// freeze stops the process for a while: it neither answers nor closes its connections.
func (e *etcdProcess) freeze(d time.Duration) {
	e.t.Helper()
	for _, signal := range []os.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := e.command.Process.Signal(signal); err != nil {
			e.t.Fatal(err)
		}
		time.Sleep(d)
		d = 0
	}
}

func dialEtcd(t *testing.T, address string) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{address}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}
