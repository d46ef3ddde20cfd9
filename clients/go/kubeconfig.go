package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// LoadKubeconfig reads a kubeconfig: the file at path, else the files of $KUBECONFIG merged, else ~/.kube/config. An empty
// context is the current one.
func LoadKubeconfig(path, context string) (Config, error) {
	paths := []string{path}
	if path == "" {
		paths = defaultPaths()
	}
	var merged kubeconfig
	found := false
	for _, p := range paths {
		f, err := readKubeconfig(p)
		if errors.Is(err, fs.ErrNotExist) && path == "" {
			continue // one of several
		}
		if err != nil {
			return Config{}, err
		}
		found = true
		merged.add(f)
	}
	if !found {
		return Config{}, fmt.Errorf("no kubeconfig: %w: %v", fs.ErrNotExist, paths)
	}
	return merged.config(context)
}

// defaultPaths are the files of $KUBECONFIG, or the one in the home directory.
func defaultPaths() []string {
	if list := os.Getenv("KUBECONFIG"); list != "" {
		return slices.DeleteFunc(filepath.SplitList(list), func(p string) bool { return p == "" })
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(home, ".kube", "config")}
}

// kubeconfig is a file, or several merged.
type kubeconfig struct {
	Clusters       []namedCluster `json:"clusters"`
	Users          []namedUser    `json:"users"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
}

type namedCluster struct {
	Name    string  `json:"name"`
	Cluster cluster `json:"cluster"`
}

type cluster struct {
	Server        string      `json:"server"`
	CAFile        string      `json:"certificate-authority"`
	CAData        []byte      `json:"certificate-authority-data"`
	Insecure      bool        `json:"insecure-skip-tls-verify"`
	TLSServerName string      `json:"tls-server-name"`
	ProxyURL      string      `json:"proxy-url"`
	Extensions    []extension `json:"extensions"`
}

type extension struct {
	Name      string          `json:"name"`
	Extension json.RawMessage `json:"extension"`
}

type namedUser struct {
	Name string `json:"name"`
	User user   `json:"user"`
}

type user struct {
	Token     string              `json:"token"`
	TokenFile string              `json:"tokenFile"`
	CertFile  string              `json:"client-certificate"`
	CertData  []byte              `json:"client-certificate-data"`
	KeyFile   string              `json:"client-key"`
	KeyData   []byte              `json:"client-key-data"`
	Username  string              `json:"username"`
	Password  string              `json:"password"`
	As        string              `json:"as"`
	AsUID     string              `json:"as-uid"`
	AsGroups  []string            `json:"as-groups"`
	AsExtra   map[string][]string `json:"as-user-extra"`
	Exec      *execUser           `json:"exec"`
	// dir is the folder of the file, for relative paths.
	dir string
}

type execUser struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
	Env     []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
	APIVersion         string `json:"apiVersion"`
	InstallHint        string `json:"installHint"`
	ProvideClusterInfo bool   `json:"provideClusterInfo"`
	InteractiveMode    string `json:"interactiveMode"`
}

type namedContext struct {
	Name    string `json:"name"`
	Context struct {
		Cluster   string `json:"cluster"`
		User      string `json:"user"`
		Namespace string `json:"namespace"`
	} `json:"context"`
}

// readKubeconfig reads one file and makes its paths absolute.
func readKubeconfig(path string) (kubeconfig, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return kubeconfig{}, err
	}
	var f kubeconfig
	if err := yaml.Unmarshal(b, &f); err != nil {
		return kubeconfig{}, fmt.Errorf("%s: %w", path, err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return kubeconfig{}, err
	}
	absolute := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	for i := range f.Clusters {
		absolute(&f.Clusters[i].Cluster.CAFile)
	}
	for i := range f.Users {
		u := &f.Users[i].User
		u.dir = dir
		absolute(&u.TokenFile)
		absolute(&u.CertFile)
		absolute(&u.KeyFile)
	}
	return f, nil
}

// add merges another file: what is there already stays.
func (k *kubeconfig) add(f kubeconfig) {
	for _, c := range f.Clusters {
		if !slices.ContainsFunc(k.Clusters, func(x namedCluster) bool { return x.Name == c.Name }) {
			k.Clusters = append(k.Clusters, c)
		}
	}
	for _, u := range f.Users {
		if !slices.ContainsFunc(k.Users, func(x namedUser) bool { return x.Name == u.Name }) {
			k.Users = append(k.Users, u)
		}
	}
	for _, c := range f.Contexts {
		if !slices.ContainsFunc(k.Contexts, func(x namedContext) bool { return x.Name == c.Name }) {
			k.Contexts = append(k.Contexts, c)
		}
	}
	if k.CurrentContext == "" {
		k.CurrentContext = f.CurrentContext
	}
}

// config is what a context says.
func (k *kubeconfig) config(context string) (Config, error) {
	if context == "" {
		context = k.CurrentContext
	}
	if context == "" {
		return Config{}, errors.New("the kubeconfig has no current context")
	}
	i := slices.IndexFunc(k.Contexts, func(c namedContext) bool { return c.Name == context })
	if i < 0 {
		return Config{}, fmt.Errorf("the kubeconfig has no context %q", context)
	}
	chosen := k.Contexts[i].Context
	i = slices.IndexFunc(k.Clusters, func(c namedCluster) bool { return c.Name == chosen.Cluster })
	if i < 0 {
		return Config{}, fmt.Errorf("the kubeconfig has no cluster %q, which context %q names", chosen.Cluster, context)
	}
	where := k.Clusters[i].Cluster
	out := Config{Host: where.Server, Namespace: chosen.Namespace, ProxyURL: where.ProxyURL}
	out.TLS = TLS{ServerName: where.TLSServerName, Insecure: where.Insecure}
	var err error
	if out.TLS.CA, err = dataOrFile(where.CAData, where.CAFile); err != nil {
		return Config{}, fmt.Errorf("cluster %q: %w", chosen.Cluster, err)
	}
	if chosen.User == "" {
		return out, nil
	}
	i = slices.IndexFunc(k.Users, func(u namedUser) bool { return u.Name == chosen.User })
	if i < 0 {
		return Config{}, fmt.Errorf("the kubeconfig has no user %q, which context %q names", chosen.User, context)
	}
	if err := k.Users[i].User.into(&out); err != nil {
		return Config{}, fmt.Errorf("user %q: %w", chosen.User, err)
	}
	if out.Exec != nil {
		for _, e := range where.Extensions {
			if e.Name == "client.authentication.k8s.io/exec" {
				out.Exec.Extension = e.Extension
			}
		}
	}
	return out, nil
}

// into adds what a user says.
func (u user) into(out *Config) (err error) {
	if out.TLS.Cert, err = dataOrFile(u.CertData, u.CertFile); err != nil {
		return err
	}
	if out.TLS.Key, err = dataOrFile(u.KeyData, u.KeyFile); err != nil {
		return err
	}
	out.Token, out.TokenFile, out.Username, out.Password = u.Token, u.TokenFile, u.Username, u.Password
	out.Impersonate = Impersonation{User: u.As, UID: u.AsUID, Groups: u.AsGroups, Extra: u.AsExtra}
	if e := u.Exec; e != nil {
		out.Exec = &ExecPlugin{
			Command: e.Command, Args: e.Args, APIVersion: e.APIVersion, InstallHint: e.InstallHint, Dir: u.dir,
			ProvideClusterInfo: e.ProvideClusterInfo, Interactive: e.InteractiveMode != "Never",
		}
		for _, v := range e.Env {
			out.Exec.Env = append(out.Exec.Env, v.Name+"="+v.Value)
		}
	}
	return nil
}

// dataOrFile is the data, or else what the file has; nil for neither.
func dataOrFile(data []byte, file string) ([]byte, error) {
	if len(data) > 0 || file == "" {
		return data, nil
	}
	return os.ReadFile(file)
}
