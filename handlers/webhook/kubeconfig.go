// Package webhook asks servers of others by HTTPS, as kubeconfig files say: reviews of tokens and of access, audit events.
package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/reload"
)

// kubeconfig is what counts of such a file.
type kubeconfig struct {
	Current  string `json:"current-context"`
	Clusters []struct {
		Name    string  `json:"name"`
		Cluster cluster `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string `json:"name"`
		User user   `json:"user"`
	} `json:"users"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
}

type cluster struct {
	Server        string `json:"server"`
	CAFile        string `json:"certificate-authority"`
	CAData        string `json:"certificate-authority-data"`
	Insecure      bool   `json:"insecure-skip-tls-verify"`
	TLSServerName string `json:"tls-server-name"`
	ProxyURL      string `json:"proxy-url"`
}

type user struct {
	CertFile  string         `json:"client-certificate"`
	CertData  string         `json:"client-certificate-data"`
	KeyFile   string         `json:"client-key"`
	KeyData   string         `json:"client-key-data"`
	Token     string         `json:"token"`
	TokenFile string         `json:"tokenFile"`
	Username  string         `json:"username"`
	Password  string         `json:"password"`
	Exec      map[string]any `json:"exec"`
	Provider  map[string]any `json:"auth-provider"`
}

// parseKubeconfig finds the cluster and the user of the current context. Relative paths in it are made absolute by dir.
func parseKubeconfig(text []byte, dir string) (*cluster, *user, error) {
	var file kubeconfig
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, nil, err
	}
	if file.Current == "" {
		return nil, nil, errors.New("invalid configuration: no current-context")
	}
	var c *cluster
	u := &user{}
	found := false
	for _, x := range file.Contexts {
		if x.Name != file.Current {
			continue
		}
		found = true
		for i := range file.Clusters {
			if file.Clusters[i].Name == x.Context.Cluster {
				c = &file.Clusters[i].Cluster
			}
		}
		for i := range file.Users {
			if file.Users[i].Name == x.Context.User {
				u = &file.Users[i].User
			}
		}
	}
	switch {
	case !found:
		return nil, nil, fmt.Errorf("invalid configuration: context %q does not exist", file.Current)
	case c == nil || c.Server == "":
		return nil, nil, errors.New("invalid configuration: the current context names no cluster with a server")
	case u.Exec != nil || u.Provider != nil:
		return nil, nil, errors.New("invalid configuration: exec and auth-provider credentials are not supported for webhooks")
	}
	for _, path := range []*string{&c.CAFile, &u.CertFile, &u.KeyFile, &u.TokenFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return c, u, nil
}

// tlsConfig checks the server as the cluster says and shows the user's certificate. One from files is read again when
// they change.
func tlsConfig(c *cluster, u *user, log *slog.Logger) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.TLSServerName, InsecureSkipVerify: c.Insecure}
	ca, err := data(c.CAData, c.CAFile)
	if err != nil {
		return nil, err
	}
	if ca != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(ca) {
			return nil, errors.New("certificate-authority has no certificate")
		}
	}
	pair := func(contents [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		return &pair, err
	}
	if u.CertData == "" && u.KeyData == "" && u.CertFile != "" && u.KeyFile != "" {
		files, err := reload.Open(log, pair, u.CertFile, u.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return files.Get(), nil }
		return config, nil
	}
	cert, err := data(u.CertData, u.CertFile)
	if err != nil {
		return nil, err
	}
	key, err := data(u.KeyData, u.KeyFile)
	if err != nil {
		return nil, err
	}
	if cert == nil && key == nil {
		return config, nil
	}
	own, err := pair([][]byte{cert, key})
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{*own}
	return config, nil
}

// data is what is written into the kubeconfig, or the content of the file; nil when there is neither.
func data(inline, file string) ([]byte, error) {
	if inline != "" {
		b, err := base64.StdEncoding.DecodeString(inline)
		if err != nil {
			return nil, fmt.Errorf("invalid configuration: %w", err)
		}
		return b, nil
	}
	if file == "" {
		return nil, nil
	}
	return os.ReadFile(file)
}

// credentials sets the user's header.
func credentials(u *user, log *slog.Logger) (func(*http.Request), error) {
	token := func() string { return u.Token }
	if u.TokenFile != "" {
		file, err := reload.Open(log, func(contents [][]byte) (string, error) { return trimmed(contents[0]), nil }, u.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("token file: %w", err)
		}
		token = file.Get
	}
	return func(r *http.Request) {
		if t := token(); t != "" {
			r.Header.Set("Authorization", "Bearer "+t)
		} else if u.Username != "" {
			r.SetBasicAuth(u.Username, u.Password)
		}
	}, nil
}

func proxy(c *cluster) (func(*http.Request) (*url.URL, error), error) {
	if c.ProxyURL == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(c.ProxyURL)
	if err != nil {
		return nil, fmt.Errorf("proxy-url: %w", err)
	}
	return http.ProxyURL(u), nil
}
