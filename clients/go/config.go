package kube

import (
	"net/http"
)

// Config says where a server is and who asks. FromKubeconfig, InCluster and Auto fill one in.
type Config struct {
	// Host is the address: https://10.0.0.1:6443.
	Host string
	// Namespace is that of the kubeconfig's context or of the pod's service account; empty where none is named.
	Namespace string

	TLS TLS

	Token string
	// TokenFile is read again after a minute, and when the server refuses what it had.
	TokenFile          string
	Username, Password string
	Exec               *ExecPlugin
	Impersonate        Impersonation

	// ProxyURL is an HTTP or SOCKS5 proxy; without it the environment decides.
	ProxyURL string
	// HTTP1 keeps to HTTP/1.1.
	HTTP1 bool

	// UserAgent is put in front of the client's own.
	UserAgent string
	// FieldManager is the name under which writes own fields; gatehouse-go when empty.
	FieldManager string

	// HTTPClient is used instead of one made of the fields above. Its credentials are its own affair.
	HTTPClient *http.Client
}

// TLS says whom to trust and what to show. Everything is PEM.
type TLS struct {
	CA, Cert, Key []byte
	// ServerName is checked instead of the address.
	ServerName string
	// Insecure trusts every server.
	Insecure bool
}

// Impersonation is who the server is asked to act for.
type Impersonation struct {
	User, UID string
	Groups    []string
	Extra     map[string][]string
}

// ExecPlugin is a command that prints credentials, as kubeconfig files describe it.
type ExecPlugin struct {
	Command string
	Args    []string
	// Env is added to the environment, as NAME=value.
	Env []string
	// APIVersion is client.authentication.k8s.io/v1 or /v1beta1.
	APIVersion string
	// InstallHint is said when the command is not there.
	InstallHint string
	// ProvideClusterInfo tells the command about the server.
	ProvideClusterInfo bool
	// Interactive plugins may use the terminal.
	Interactive bool
	// Dir is where a relative path of Command begins.
	Dir string
	// Extension is the cluster's extension client.authentication.k8s.io/exec, as JSON.
	Extension []byte
}
