package bench

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// reference is the original with its etcd in front, from the binaries in a folder, with its data in dir.
func reference(binaries, dir string, port, etcd, peer int) (*process, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "sa.key")
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		return nil, err
	}
	client, members := fmt.Sprintf("http://127.0.0.1:%d", etcd), fmt.Sprintf("http://127.0.0.1:%d", peer)
	return &process{name: "the reference", dir: dir, port: port, commands: [][]string{
		{
			filepath.Join(binaries, "etcd"), "--data-dir=" + filepath.Join(dir, "etcd"), "--log-level=error",
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + members, "--initial-advertise-peer-urls=" + members, "--initial-cluster=default=" + members,
		},
		{
			filepath.Join(binaries, "kube-apiserver"), "--etcd-servers=" + client, "--secure-port=" + strconv.Itoa(port),
			"--bind-address=127.0.0.1", "--cert-dir=" + filepath.Join(dir, "certs"), "--service-account-key-file=" + file,
			"--service-account-signing-key-file=" + file, "--service-account-issuer=https://kubernetes.default.svc",
			"--service-cluster-ip-range=10.0.0.0/16", "--authorization-mode=Node,RBAC", "--endpoint-reconciler-type=none",
		},
	}}, nil
}
