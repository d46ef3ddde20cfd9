package instance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// A certificate that lies where upstream keeps its own is shown; half of a pair is a mistake.
func TestServingCertificateInTheFolder(t *testing.T) {
	dir := t.TempDir()
	own, err := pki.OpenAuthority(filepath.Join(dir, "other"), "ca")
	if err != nil {
		t.Fatal(err)
	}
	remake(t, own, filepath.Join(dir, "apiserver"), "somebody", "somebody.example")
	o := Default()
	o.Serving.CertDir = dir
	c, err := newCertificates(&o, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if name := c.serving().Leaf.Subject.CommonName; name != "somebody" {
		t.Errorf("shows the certificate of %s", name)
	}
	o.Serving.CertDir = filepath.Join(t.TempDir(), "half")
	remakeHalf(t, own, o.Serving.CertDir)
	if _, err := newCertificates(&o, quiet); err == nil || !strings.Contains(err.Error(), "must be supplied as a pair") {
		t.Errorf("half of a pair: %v", err)
	}
}

// remakeHalf makes a folder with a certificate and without its key.
func remakeHalf(t *testing.T, own *pki.Authority, dir string) {
	t.Helper()
	pair, err := own.Serving("half", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "apiserver.crt"), pair.Cert, 0o600); err != nil {
		t.Fatal(err)
	}
}
