package pki

import (
	"encoding/base64"
	"fmt"
	"os"
)

// WriteKubeconfig writes a kubeconfig for one user of the server at url. It holds everything it needs, so it can be copied
// to another machine; only its owner may read it.
func WriteKubeconfig(path, url string, authority []byte, user, certFile, keyFile string) error {
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	b64 := base64.StdEncoding.EncodeToString
	return replace(path, fmt.Appendf(nil, `apiVersion: v1
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
`, url, b64(authority), user, b64(cert), b64(key)), 0o600)
}
