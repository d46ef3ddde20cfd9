// Package pki makes the keys and certificates of a server that was given none: its own authority, a serving certificate
// and the certificate and kubeconfig of its administrator. What exists is kept, so that clients stay valid over restarts. Without
// a folder everything stays in memory and is gone with the process.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The lives of certificates. The authority outlives everything it signs; a certificate is made anew at a start within
// renewBefore of its end.
const (
	authorityLife   = 10 * 365 * 24 * time.Hour
	certificateLife = 365 * 24 * time.Hour
	renewBefore     = 30 * 24 * time.Hour
	// backdate lets certificates be used by clients whose clocks are a little behind.
	backdate = 5 * time.Minute
)

// Authority signs certificates. Its files are <dir>/<name>.crt and <dir>/<name>.key.
type Authority struct {
	// dir is empty for an authority in memory.
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
	// PEM is the authority's certificate.
	PEM []byte
}

// Pair is a certificate with its key.
type Pair struct {
	// Cert and Key are PEM texts.
	Cert, Key []byte
	// CertFile and KeyFile are where they lie; empty for a pair in memory.
	CertFile, KeyFile string
}

// TLS is the pair in the form that servers and clients use.
func (p Pair) TLS() (*tls.Certificate, error) {
	c, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &c, nil
}

// OpenAuthority reads the authority in dir, or makes it. Without dir it is made in memory, and so is what it signs.
func OpenAuthority(dir, name string) (*Authority, error) {
	if dir == "" {
		return makeAuthority(dir, name)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of certificates: %w", err)
	}
	certFile, keyFile := filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return makeAuthority(dir, name)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate authority in %s: %w", dir, err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("certificate authority in %s: its key cannot sign", dir)
	}
	return &Authority{dir: dir, cert: pair.Leaf, key: signer, PEM: encode("CERTIFICATE", pair.Certificate[0])}, nil
}

func makeAuthority(dir, name string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("authority key: %w", err)
	}
	template, err := template(pkix.Name{CommonName: "gatehouse-" + name}, authorityLife)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("authority certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("authority certificate: %w", err)
	}
	a := &Authority{dir: dir, cert: cert, key: key, PEM: encode("CERTIFICATE", der)}
	_, err = a.keep(name, der, key)
	return a, err
}

// Pool holds only this authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Serving is the certificate of a server that is reached under hosts (names and addresses). One that is there is kept if
// it is of this authority, names all hosts and is not about to end.
func (a *Authority) Serving(name string, hosts []string) (Pair, error) {
	return a.ensure(name, pkix.Name{CommonName: name}, hosts, x509.ExtKeyUsageServerAuth)
}

// Client is the certificate of a user in groups.
func (a *Authority) Client(name, user string, groups ...string) (Pair, error) {
	return a.ensure(name, pkix.Name{CommonName: user, Organization: groups}, nil, x509.ExtKeyUsageClientAuth)
}

func (a *Authority) ensure(name string, subject pkix.Name, hosts []string, usage x509.ExtKeyUsage) (Pair, error) {
	if kept := a.read(name); a.usable(kept, hosts, usage) {
		return kept, kept.modernize()
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("key of %s: %w", name, err)
	}
	template, err := template(subject, certificateLife)
	if err != nil {
		return Pair{}, err
	}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{usage}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("certificate of %s: %w", name, err)
	}
	return a.keep(name, der, key)
}

// read is what lies in the folder under name: an empty pair when anything is missing.
func (a *Authority) read(name string) Pair {
	if a.dir == "" {
		return Pair{}
	}
	p := Pair{CertFile: filepath.Join(a.dir, name+".crt"), KeyFile: filepath.Join(a.dir, name+".key")}
	var err error
	if p.Cert, err = os.ReadFile(p.CertFile); err != nil {
		return Pair{}
	}
	if p.Key, err = os.ReadFile(p.KeyFile); err != nil {
		return Pair{}
	}
	return p
}

// modernize rewrites a key that an older version of this server wrote as PKCS#8.
func (p *Pair) modernize() error {
	block, _ := pem.Decode(p.Key)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil // somebody else's, in a form that they chose
	}
	if p.Key, err = encodeKey(key); err != nil {
		return fmt.Errorf("encoding the key in %s: %w", p.KeyFile, err)
	}
	return replace(p.KeyFile, p.Key, 0o600)
}

func (a *Authority) usable(p Pair, hosts []string, usage x509.ExtKeyUsage) bool {
	pair, err := p.TLS()
	if err != nil {
		return false
	}
	for _, h := range hosts {
		if pair.Leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), KeyUsages: []x509.ExtKeyUsage{usage}, CurrentTime: time.Now().Add(renewBefore)})
	return err == nil
}

// keep writes a pair, if there is a folder. The key comes first: a certificate without its key would be taken for a fault, a
// key without its certificate is made anew.
func (a *Authority) keep(name string, der []byte, key *ecdsa.PrivateKey) (Pair, error) {
	private, err := encodeKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encoding the key of %s: %w", name, err)
	}
	p := Pair{Cert: encode("CERTIFICATE", der), Key: private}
	if a.dir == "" {
		return p, nil
	}
	p.CertFile, p.KeyFile = filepath.Join(a.dir, name+".crt"), filepath.Join(a.dir, name+".key")
	if err := replace(p.KeyFile, p.Key, 0o600); err != nil {
		return Pair{}, err
	}
	return p, replace(p.CertFile, p.Cert, 0o644)
}

// encodeKey writes a key in the form that every program around Kubernetes can read: some take the head of PKCS#8 for RSA.
func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return encode("EC PRIVATE KEY", der), nil
}

// replace writes a file whole or not at all.
func replace(path string, content []byte, mode fs.FileMode) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func template(subject pkix.Name, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: subject, NotBefore: now.Add(-backdate), NotAfter: now.Add(life)}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
