package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FeaturesFile is the file under openapi/ with the feature gates.
const FeaturesFile = "features.yaml"

// Gate is a feature gate.
type Gate struct {
	Name string `yaml:"-"`
	// Stage is alpha, beta, ga or deprecated.
	Stage string `yaml:"stage"`
	// Enabled gates are on unless switched off; Locked ones cannot be switched.
	Enabled bool `yaml:"enabled"`
	Locked  bool `yaml:"locked"`
	// Needs are the gates that must be on when this one is.
	Needs []string `yaml:"needs"`
}

// Switchable says whether a gate can be off in some server.
func (g Gate) Switchable() bool { return !g.Locked || !g.Enabled }

// LoadFeatures reads features.yaml under dir, sorted by name.
func LoadFeatures(dir string) ([]Gate, error) {
	path := filepath.Join(dir, FeaturesFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(b, &node); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var d struct{ Gates map[string]yaml.Node }
	if err := decode(&node, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []Gate
	for name, n := range d.Gates {
		g := Gate{Name: name}
		if err := decode(&n, &g); err != nil {
			return nil, fmt.Errorf("%s: gate %s: %w", path, name, err)
		}
		if !slices.Contains([]string{"alpha", "beta", "ga", "deprecated"}, g.Stage) {
			return nil, fmt.Errorf("%s: gate %s: line %d: stage %q: alpha, beta, ga or deprecated", path, name, n.Line, g.Stage)
		}
		for _, need := range g.Needs {
			if _, known := d.Gates[need]; !known {
				return nil, fmt.Errorf("%s: gate %s: line %d: there is no gate %s to need", path, name, n.Line, need)
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Gate) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
