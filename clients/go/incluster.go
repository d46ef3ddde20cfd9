package kube

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// serviceAccountDir is where a pod finds its service account.
const serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// InClusterConfig is the service account of the pod that this program runs in.
func InClusterConfig() (Config, error) { return inCluster(serviceAccountDir) }

func inCluster(dir string) (Config, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return Config{}, errors.New("not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
	}
	out := Config{Host: "https://" + net.JoinHostPort(host, port), TokenFile: filepath.Join(dir, "token")}
	if _, err := os.Stat(out.TokenFile); err != nil {
		return Config{}, err
	}
	var err error
	if out.TLS.CA, err = os.ReadFile(filepath.Join(dir, "ca.crt")); err != nil {
		return Config{}, err
	}
	namespace, err := os.ReadFile(filepath.Join(dir, "namespace"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, err
	}
	out.Namespace = strings.TrimSpace(string(namespace))
	return out, nil
}

// AutoConfig is a kubeconfig if there is one, else the service account of the pod.
func AutoConfig() (Config, error) {
	c, err := LoadKubeconfig("", "")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return InClusterConfig()
	}
	return c, err
}
