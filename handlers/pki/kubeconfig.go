package pki

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// WriteKubeconfig writes a kubeconfig for one user of the server at url. Only its owner may read it. Its folder is made.
func WriteKubeconfig(path, url string, authority []byte, user string, pair Pair) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("folder of the kubeconfig: %w", err)
	}
	return replace(path, Kubeconfig(url, authority, user, pair), 0o600)
}

// Kubeconfig is a kubeconfig for one user of the server at url. It holds everything it needs, so it can be copied to another
// machine.
func Kubeconfig(url string, authority []byte, user string, pair Pair) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: gatehouse
  cluster:
    server: %q
    certificate-authority-data: %s
users:
- name: %[3]q
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: gatehouse
  context:
    cluster: gatehouse
    user: %[3]q
current-context: gatehouse
`, url, b64(authority), user, b64(pair.Cert), b64(pair.Key))
}
