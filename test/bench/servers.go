package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// server makes a process with its data in a folder: that of its etcd in etcd/, the store's own files in etcd/member.
type server func(dir string) (*process, error)

// ours is this project's server with its store inside.
func ours(binary string, c *certificates, flags ...string) server {
	return func(dir string) (*process, error) {
		ports, err := freePorts(1)
		if err != nil {
			return nil, err
		}
		args := append(append([]string{binary, "--data-dir=" + dir}, common(c, ports[0])...), flags...)
		return &process{name: "our server", dir: dir, port: ports[0], commands: [][]string{args}}, nil
	}
}

// outside is this project's server with upstream's etcd in front of it.
func outside(binary, binaries string, c *certificates) server {
	return func(dir string) (*process, error) {
		ports, err := freePorts(3)
		if err != nil {
			return nil, err
		}
		etcd, address := etcdCommand(binaries, dir, ports[1], ports[2])
		args := append([]string{binary, "--data-dir=" + dir, "--etcd-servers=" + address}, common(c, ports[0])...)
		return &process{name: "our server with etcd", dir: dir, port: ports[0], commands: [][]string{etcd, args}}, nil
	}
}

// original is upstream with its etcd in front.
func original(binaries string, c *certificates) server {
	return func(dir string) (*process, error) {
		ports, err := freePorts(3)
		if err != nil {
			return nil, err
		}
		etcd, address := etcdCommand(binaries, dir, ports[1], ports[2])
		args := append([]string{
			filepath.Join(binaries, "kube-apiserver"), "--etcd-servers=" + address, "--service-account-key-file=" + c.signing,
			"--service-account-signing-key-file=" + c.signing, "--service-account-issuer=https://kubernetes.default.svc",
			"--service-cluster-ip-range=10.0.0.0/16", "--endpoint-reconciler-type=none",
		}, common(c, ports[0])...)
		return &process{name: "the original", dir: dir, port: ports[0], commands: [][]string{etcd, args}}, nil
	}
}

// common are the flags that both servers are given; admission is each one's default.
func common(c *certificates, port int) []string {
	return []string{
		"--secure-port=" + strconv.Itoa(port), "--bind-address=127.0.0.1", "--authorization-mode=Node,RBAC",
		"--client-ca-file=" + c.authority, "--tls-cert-file=" + c.serving, "--tls-private-key-file=" + c.servingKey,
	}
}

// etcdCommand is the command line of upstream's etcd, and where its clients reach it. A copied store knows by which
// address its only member was made, and etcd insists on it: so it is left at its default, and only listens elsewhere.
func etcdCommand(binaries, dir string, client, peer int) (args []string, address string) {
	address = fmt.Sprintf("http://127.0.0.1:%d", client)
	return []string{
		filepath.Join(binaries, "etcd"), "--data-dir=" + filepath.Join(dir, "etcd"), "--log-level=error",
		"--listen-client-urls=" + address, "--advertise-client-urls=" + address,
		"--listen-peer-urls=" + fmt.Sprintf("http://127.0.0.1:%d", peer),
	}, address
}

// copyStore gives the folder to the store that lies in the folder from. Nobody may run on either.
func copyStore(from, to string) error {
	const member = "etcd/member"
	if err := os.CopyFS(filepath.Join(to, member), os.DirFS(filepath.Join(from, member))); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	return nil
}
