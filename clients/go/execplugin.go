package kube

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// execCredentials runs a plugin when it has nothing that is still good, and keeps what it printed until it expires.
type execCredentials struct {
	plugin ExecPlugin
	// info is the value of KUBERNETES_EXEC_INFO.
	info string
	own  *tls.Certificate
	now  func() time.Time
	// dropped is called when a certificate was replaced: connections that were made with the old one are of no use.
	dropped func()

	mu      sync.Mutex
	valid   bool
	expires time.Time
	token   string
	cert    *tls.Certificate
	// printed is the certificate as the plugin printed it.
	printed string
}

func newExecCredentials(c Config, own *tls.Certificate) *execCredentials {
	return &execCredentials{plugin: *c.Exec, info: execInfo(c), own: own, now: time.Now}
}

// execInfo tells a plugin in which version it is asked, and about the server if it wants to know.
func execInfo(c Config) string {
	type cluster struct {
		Server                string          `json:"server"`
		TLSServerName         string          `json:"tls-server-name,omitempty"`
		InsecureSkipTLSVerify bool            `json:"insecure-skip-tls-verify,omitempty"`
		CA                    []byte          `json:"certificate-authority-data,omitempty"`
		ProxyURL              string          `json:"proxy-url,omitempty"`
		Config                json.RawMessage `json:"config,omitempty"`
	}
	var info struct {
		Kind       string `json:"kind"`
		APIVersion string `json:"apiVersion"`
		Spec       struct {
			Cluster     *cluster `json:"cluster,omitempty"`
			Interactive bool     `json:"interactive"`
		} `json:"spec"`
	}
	info.Kind, info.APIVersion, info.Spec.Interactive = "ExecCredential", c.Exec.APIVersion, c.Exec.Interactive && isTerminal(os.Stdin)
	if c.Exec.ProvideClusterInfo {
		info.Spec.Cluster = &cluster{c.Host, c.TLS.ServerName, c.TLS.Insecure, c.TLS.CA, c.ProxyURL, c.Exec.Extension}
	}
	b, err := json.Marshal(info)
	if err != nil { // only an extension that is no JSON, which came out of a JSON document
		return ""
	}
	return string(b)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (e *execCredentials) set(r *http.Request) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refresh(); err != nil {
		return err
	}
	if e.token != "" {
		r.Header.Set("Authorization", "Bearer "+e.token)
	}
	return nil
}

func (e *execCredentials) certificate() (*tls.Certificate, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refresh(); err != nil {
		return nil, err
	}
	if e.cert != nil {
		return e.cert, nil
	}
	return e.own, nil
}

func (e *execCredentials) renew() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.valid = false
	return true
}

// refresh runs the plugin unless what it printed is still good. The caller holds the lock, so that many requests at once run it
// once.
func (e *execCredentials) refresh() error {
	if e.valid && (e.expires.IsZero() || e.now().Before(e.expires)) {
		return nil
	}
	out, err := e.run()
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	var answer struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Status     *struct {
			Expires time.Time `json:"expirationTimestamp"`
			Token   string    `json:"token"`
			Cert    string    `json:"clientCertificateData"`
			Key     string    `json:"clientKeyData"`
		} `json:"status"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("credentials: %s printed no JSON: %w", e.plugin.Command, err)
	}
	s := answer.Status
	switch {
	case answer.Kind != "ExecCredential" || answer.APIVersion != e.plugin.APIVersion:
		return fmt.Errorf("credentials: %s printed a %s of %s, not an ExecCredential of %s", e.plugin.Command, answer.Kind, answer.APIVersion, e.plugin.APIVersion)
	case s == nil || s.Token == "" && s.Cert == "":
		return fmt.Errorf("credentials: %s printed neither a token nor a certificate", e.plugin.Command)
	}
	changed := e.printed != "" && e.printed != s.Cert
	if s.Cert != "" && s.Cert != e.printed {
		pair, err := tls.X509KeyPair([]byte(s.Cert), []byte(s.Key))
		if err != nil {
			return fmt.Errorf("credentials: certificate of %s: %w", e.plugin.Command, err)
		}
		e.cert = &pair
	}
	if s.Cert == "" {
		e.cert = nil
	}
	e.printed, e.token, e.expires, e.valid = s.Cert, s.Token, s.Expires, true
	if changed && e.dropped != nil {
		e.dropped()
	}
	return nil
}

func (e *execCredentials) run() ([]byte, error) {
	name := e.plugin.Command
	if strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		name = filepath.Join(e.plugin.Dir, name)
	}
	command := exec.Command(name, e.plugin.Args...)
	command.Env = append(append(os.Environ(), e.plugin.Env...), "KUBERNETES_EXEC_INFO="+e.info)
	if e.plugin.Interactive {
		command.Stdin = os.Stdin
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if errors.Is(err, exec.ErrNotFound) && e.plugin.InstallHint != "" {
		return nil, fmt.Errorf("%w\n%s", err, e.plugin.InstallHint)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", e.plugin.Command, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}
