package instance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// etcdVariable has the folder of the etcd that this program is to be.
const etcdVariable = "GATEHOUSE_TEST_ETCD"

// TestMain lets the test's own program be an etcd of its own process: in this one it would blur what a server leaves.
func TestMain(m *testing.M) {
	dir := os.Getenv(etcdVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := beEtcd(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// beEtcd serves until nobody holds its input any more, and prints where.
func beEtcd(dir string) error {
	config := embed.NewConfig()
	config.Dir, config.LogLevel = dir, "error"
	var urls []url.URL
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		urls = append(urls, url.URL{Scheme: "http", Host: l.Addr().String()})
		if err := l.Close(); err != nil {
			return err
		}
	}
	config.ListenClientUrls, config.AdvertiseClientUrls = urls[:1], urls[:1]
	config.ListenPeerUrls, config.AdvertisePeerUrls = urls[1:], urls[1:]
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	e, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	<-e.Server.ReadyNotify()
	fmt.Println(urls[0].String())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// outside runs an etcd until the test ends.
func outside(t *testing.T) etcd.Target {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), etcdVariable+"="+t.TempDir())
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait() // however it ended
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return etcd.Target{Servers: []string{strings.TrimSpace(line)}}
}
