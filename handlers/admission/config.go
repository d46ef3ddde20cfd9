package admission

import (
	"encoding/json"
	"fmt"
	"os"

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

// ReadConfiguration returns the names of the plugins that a file of --admission-control-config-file sets up. Names that nobody
// knows are among them: upstream passes over these.
func ReadConfiguration(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read plugin config: unable to read admission control configuration from %q: %w", path, err)
	}
	var c configuration
	if err := yaml.UnmarshalStrict(b, &c); err != nil {
		return nil, fmt.Errorf("failed to read plugin config: %w", err)
	}
	var names []string
	switch {
	case c.APIVersion == "" && c.Kind == "" && (c.ImagePolicy != nil || c.PodNodeSelector != nil):
		if c.ImagePolicy != nil {
			names = append(names, "ImagePolicyWebhook")
		}
		if c.PodNodeSelector != nil {
			names = append(names, "PodNodeSelector")
		}
		return names, nil
	case c.Kind != "AdmissionConfiguration" || c.APIVersion != "apiserver.config.k8s.io/v1" && c.APIVersion != "apiserver.k8s.io/v1alpha1":
		return nil, fmt.Errorf("failed to read plugin config: no kind %q is registered for version %q in %s", c.Kind, c.APIVersion, path)
	case c.ImagePolicy != nil || c.PodNodeSelector != nil:
		return nil, fmt.Errorf("failed to read plugin config: %s: the configuration of a plugin belongs below plugins", path)
	}
	for _, p := range c.Plugins {
		names = append(names, p.Name)
	}
	return names, nil
}
