package bench

import (
	"fmt"
	"path/filepath"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// certificates are the files that every server of a run is given, and the administrator's.
type certificates struct {
	dir                            string
	authority, serving, servingKey string
	client                         pki.Pair
	// signing is the key of the service accounts' tokens.
	signing string
	pem     []byte
}

func makeCertificates(dir string) (*certificates, error) {
	const name = "authority"
	a, err := pki.OpenAuthority(dir, name)
	if err != nil {
		return nil, err
	}
	c := &certificates{dir: dir, authority: filepath.Join(dir, name+".crt"), pem: a.PEM}
	serving, err := a.Serving("serving", []string{"127.0.0.1", "localhost", "kubernetes.default.svc"})
	if err != nil {
		return nil, err
	}
	c.serving, c.servingKey = serving.CertFile, serving.KeyFile
	if c.client, err = a.Client("client", "admin", "system:masters"); err != nil {
		return nil, err
	}
	if c.signing, _, err = pki.SigningKey(dir, "signing"); err != nil {
		return nil, err
	}
	return c, nil
}

// kubeconfig writes the administrator's kubeconfig for a server and returns its path.
func (c *certificates) kubeconfig(p *process) (string, error) {
	path := filepath.Join(c.dir, fmt.Sprintf("kubeconfig-%d", p.port))
	return path, pki.WriteKubeconfig(path, p.url(), c.pem, "admin", c.client)
}
