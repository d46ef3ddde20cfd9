package kube

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// tokenFileAge is how long a token that was read from a file is used before the file is read again.
const tokenFileAge = time.Minute

// credentials put who asks into a request.
type credentials interface {
	// set adds the headers.
	set(*http.Request) error
	// renew gets new credentials after the server refused the old ones; false when there are no others.
	renew() bool
	// certificate is what to show in a handshake; nil for none.
	certificate() (*tls.Certificate, error)
}

// credentialsOf picks the credentials of a configuration: a certificate goes with each of the others.
func credentialsOf(c Config) (credentials, error) {
	var own *tls.Certificate
	if len(c.TLS.Cert) > 0 || len(c.TLS.Key) > 0 {
		pair, err := tls.X509KeyPair(c.TLS.Cert, c.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		own = &pair
	}
	fixed := fixed{cert: own}
	switch {
	case c.TokenFile != "":
		return &tokenFile{fixed: fixed, path: c.TokenFile, now: time.Now}, nil
	case c.Token != "":
		fixed.header = "Bearer " + c.Token
	case c.Username != "":
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(c.Username, c.Password)
		fixed.header = r.Header.Get("Authorization")
	case c.Exec != nil:
		return newExecCredentials(c, own), nil
	}
	return fixed, nil
}

// fixed credentials never change.
type fixed struct {
	header string
	cert   *tls.Certificate
}

func (f fixed) set(r *http.Request) error {
	if f.header != "" {
		r.Header.Set("Authorization", f.header)
	}
	return nil
}

func (f fixed) renew() bool { return false }

func (f fixed) certificate() (*tls.Certificate, error) { return f.cert, nil }

// tokenFile is a token that somebody else keeps fresh.
type tokenFile struct {
	fixed
	path string
	now  func() time.Time

	mu    sync.Mutex
	token string
	read  time.Time
}

func (t *tokenFile) set(r *http.Request) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == "" || t.now().Sub(t.read) >= tokenFileAge {
		b, err := os.ReadFile(t.path)
		if token := strings.TrimSpace(string(b)); err == nil && token != "" {
			t.token, t.read = token, t.now()
		} else if t.token == "" {
			if err == nil {
				err = fmt.Errorf("%s is empty", t.path)
			}
			return fmt.Errorf("token: %w", err)
		}
	}
	r.Header.Set("Authorization", "Bearer "+t.token)
	return nil
}

func (t *tokenFile) renew() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read = time.Time{}
	return true
}

// impersonate adds the headers that ask the server to act for somebody else.
func (i Impersonation) set(h http.Header) {
	if i.User != "" {
		h.Set("Impersonate-User", i.User)
	}
	if i.UID != "" {
		h.Set("Impersonate-Uid", i.UID)
	}
	for _, g := range i.Groups {
		h.Add("Impersonate-Group", g)
	}
	for name, values := range i.Extra {
		for _, v := range values {
			h.Add("Impersonate-Extra-"+url.PathEscape(name), v)
		}
	}
}
