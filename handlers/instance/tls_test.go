package instance

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

var quiet = slog.New(slog.DiscardHandler)

// presented is the name of the certificate that a server of config shows to a client that asks for a name.
func presented(t *testing.T, config *tls.Config, name string) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).Handshake() // the client says what it saw
			_ = c.Close()
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// remake puts a new certificate with another common name where one was.
func remake(t *testing.T, own *pki.Authority, file, name string, hosts ...string) {
	t.Helper()
	pair, err := own.Serving(name, hosts)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{pair.CertFile: file + ".crt", pair.KeyFile: file + ".key"} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificatesByNameAndReloaded(t *testing.T) {
	dir := t.TempDir()
	own, err := pki.OpenAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, "files-"+name) }
	remake(t, own, at("main"), "main", "main.example")
	remake(t, own, at("a"), "a", "a.example", "*.wild.example")
	remake(t, own, at("b"), "b", "unused.example")
	pairs := func(name string) *named {
		v, err := keyPair(at(name)+".crt", at(name)+".key", quiet)
		if err != nil {
			t.Fatal(err)
		}
		v.Every = 0
		return &named{pair: v}
	}
	b := pairs("b")
	b.names = []string{"b.example", "*.b.example"}
	p := &presenter{byName: []*named{pairs("a"), b}, other: pairs("main").pair.Get}
	config := &tls.Config{GetCertificate: p.certificate}
	for _, c := range []struct{ name, want string }{
		{"a.example", "a"}, {"A.EXAMPLE", "a"}, {"x.wild.example", "a"}, {"wild.example", "main"}, {"x.y.wild.example", "main"},
		{"b.example", "b"}, {"x.b.example", "b"}, {"unused.example", "main"}, {"other.example", "main"}, {"", "main"},
	} {
		if got := presented(t, config, c.name); got != c.want {
			t.Errorf("%q: %s, want %s", c.name, got, c.want)
		}
	}
	remake(t, own, at("main"), "newer", "main.example")
	remake(t, own, at("a"), "addressed", "127.0.0.1")
	if got := presented(t, config, "a.example"); got != "newer" {
		t.Errorf("after the files changed: %s", got)
	}
	if got := presented(t, config, ""); got != "addressed" {
		t.Errorf("by the address: %s", got)
	}
}

func TestClientAuthoritiesAreReloadedAndHinted(t *testing.T) {
	dir := t.TempDir()
	first, err := pki.OpenAuthority(dir, "first")
	if err != nil {
		t.Fatal(err)
	}
	second, err := pki.OpenAuthority(dir, "second")
	if err != nil {
		t.Fatal(err)
	}
	o := Default()
	o.Serving.CertDir, o.Authentication.ClientCAFile = filepath.Join(dir, "pki"), filepath.Join(dir, "first.crt")
	c, err := newCertificates(&o, quiet)
	if err != nil {
		t.Fatal(err)
	}
	config, err := c.serverConfig(&o.Serving, quiet)
	if err != nil {
		t.Fatal(err)
	}
	hinted := func(a *pki.Authority) bool {
		t.Helper()
		now, err := config.GetConfigForClient(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		own := x509.NewCertPool()
		own.AppendCertsFromPEM(a.PEM)
		for _, subject := range now.ClientCAs.Subjects() { //nolint:staticcheck // there is no other way to look inside
			if bytes.Equal(subject, own.Subjects()[0]) { //nolint:staticcheck // as above
				return true
			}
		}
		return false
	}
	before, err := config.GetConfigForClient(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := config.GetConfigForClient(&tls.ClientHelloInfo{}); again != before {
		t.Error("the configuration changes with every connection")
	}
	if !hinted(first) || hinted(second) {
		t.Error("not the authorities of the file")
	}
	if err := os.WriteFile(o.Authentication.ClientCAFile, second.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	// The file is looked at once in a second; the test waits for the new content, not for a time.
	for end := time.Now().Add(time.Minute); !hinted(second); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new authority is not taken")
		}
	}
	if hinted(first) {
		t.Error("the old authority is still taken")
	}
	if err := os.WriteFile(o.Authentication.ClientCAFile, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newCertificates(&o, quiet); err == nil || !strings.Contains(err.Error(), "--client-ca-file: ") {
		t.Errorf("a file without certificates: %v", err)
	}
}

func TestProxyAuthorityOfUsers(t *testing.T) {
	dir := t.TempDir()
	if _, err := pki.OpenAuthority(dir, "ca"); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(dir, "ca.crt")
	proxy := Proxy{CAFile: ca}
	faults := func() (n int) {
		proxy.validate(ca, func(string, ...any) { n++ })
		return n
	}
	if faults() != 1 {
		t.Error("every user may be a front proxy")
	}
	proxy.Names = []string{"front"}
	if faults() != 0 {
		t.Error("named proxies are refused")
	}
	proxy.Names = []string{" "}
	if faults() != 1 {
		t.Error("an empty name is taken")
	}
	proxy.Names, proxy.Headers.UID = []string{"front"}, []string{"X-My-Uid"}
	if faults() != 1 {
		t.Error("a uid header of which aggregated servers know nothing is taken")
	}
}
