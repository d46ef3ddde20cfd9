package pki

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

// head is the type of the first block of a PEM text.
func head(t *testing.T, text []byte) string {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no PEM: %q", text)
	}
	return block.Type
}

// Without a folder everything works and nothing is written.
func TestAuthorityInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	a, err := OpenAuthority("", "ca")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.Client("admin", "me", "group")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 || pair.CertFile != "" {
		t.Errorf("wrote %v, %q (%v)", left, pair.CertFile, err)
	}
}

// Some clients take a key without EC in its head for one of RSA; one that an older version wrote is rewritten, and stays.
func TestKeysSayThatTheyAreEC(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.Client("admin", "me")
	if err != nil {
		t.Fatal(err)
	}
	if h := head(t, pair.Key); h != "EC PRIVATE KEY" {
		t.Errorf("a new key is a %s", h)
	}
	made, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	old, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pair.KeyFile, encode("PRIVATE KEY", old), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := a.Client("admin", "me")
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Cert) != string(pair.Cert) || head(t, again.Key) != "EC PRIVATE KEY" {
		t.Errorf("the pair was made anew, or its key is a %s", head(t, again.Key))
	}
	written, err := os.ReadFile(pair.KeyFile)
	if err != nil || string(written) != string(again.Key) {
		t.Errorf("the file was left: %v", err)
	}
	if now, err := again.TLS(); err != nil || !now.PrivateKey.(*ecdsa.PrivateKey).Equal(made.PrivateKey) {
		t.Errorf("the key is another one: %v", err)
	}
}

// The folder of a kubeconfig is made, for its owner alone.
func TestWriteKubeconfigMakesItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := WriteKubeconfig(filepath.Join(dir, "config"), "https://x", nil, "me", Pair{}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "config"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v (%v)", path, info, err)
		}
	}
}
