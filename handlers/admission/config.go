package admission

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// configuration is an AdmissionConfiguration, which sets up single plugins.
type configuration struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Plugins    []pluginConfig `json:"plugins"`
	// Older files have the configuration of one plugin instead, without a version.
	ImagePolicy     json.RawMessage `json:"imagePolicy"`
	PodNodeSelector json.RawMessage `json:"podNodeSelectorPluginConfig"`
}

type pluginConfig struct {
	Name          string          `json:"name"`
	Path          string          `json:"path"`
	Configuration json.RawMessage `json:"configuration"`
}

// Configured is what sets up one plugin.
type Configured struct {
	// Dir is the folder that relative paths in Content begin at.
	Dir string
	// Content is YAML or JSON; empty for a plugin that a file only names.
	Content []byte
}

// ReadConfiguration returns what a file of --admission-control-config-file says about each plugin, with the content of the files
// that it names. Names that nobody knows are among them: upstream passes over these.
func ReadConfiguration(path string) (map[string]Configured, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read plugin config: unable to read admission control configuration from %q: %w", path, err)
	}
	var c configuration
	if err := yaml.UnmarshalStrict(b, &c); err != nil {
		return nil, fmt.Errorf("failed to read plugin config: %w", err)
	}
	dir := filepath.Dir(path)
	plugins := map[string]Configured{}
	switch {
	case c.APIVersion == "" && c.Kind == "" && (c.ImagePolicy != nil || c.PodNodeSelector != nil):
		if c.ImagePolicy != nil {
			plugins["ImagePolicyWebhook"] = Configured{dir, b}
		}
		if c.PodNodeSelector != nil {
			plugins["PodNodeSelector"] = Configured{dir, b}
		}
		return plugins, nil
	case c.Kind != "AdmissionConfiguration" || c.APIVersion != "apiserver.config.k8s.io/v1" && c.APIVersion != "apiserver.k8s.io/v1alpha1":
		return nil, fmt.Errorf("failed to read plugin config: no kind %q is registered for version %q in %s", c.Kind, c.APIVersion, path)
	case c.ImagePolicy != nil || c.PodNodeSelector != nil:
		return nil, fmt.Errorf("failed to read plugin config: %s: the configuration of a plugin belongs below plugins", path)
	}
	for _, p := range c.Plugins {
		if _, twice := plugins[p.Name]; twice {
			continue // the first one counts
		}
		of, err := p.read(dir)
		if err != nil {
			return nil, err
		}
		plugins[p.Name] = of
	}
	return plugins, nil
}

// read takes the configuration that stands in the file itself before that of a file it names.
func (p *pluginConfig) read(dir string) (Configured, error) {
	if p.Configuration != nil || p.Path == "" {
		return Configured{dir, p.Configuration}, nil
	}
	path := p.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Configured{}, fmt.Errorf("failed to read plugin config: couldn't open admission plugin configuration %s: %w", path, err)
	}
	return Configured{filepath.Dir(path), content}, nil
}
