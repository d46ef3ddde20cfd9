package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ServerPath is a hand-written path: one that belongs to no resource.
type ServerPath struct {
	// File is where it is written, as a path under openapi/ without extension.
	File, Path string
	// Document is the document of /openapi/v3 that it is published in; empty for paths that are served and not published.
	Document string
	// Operations are the operationIds by method.
	Operations map[string]string
	// Item is the path item as it is published.
	Item M
}

// methods are the methods that a path item may have.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch"}

// LoadServer reads the paths of the files server/*.yaml under dir, sorted by path.
func LoadServer(dir string) ([]ServerPath, error) {
	files, err := filepath.Glob(filepath.Join(dir, ServerDir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var out []ServerPath
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var d serverFile
		var node yaml.Node
		if err := yaml.Unmarshal(b, &node); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		if err := decode(&node, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		name := ServerDir + "/" + strings.TrimSuffix(filepath.Base(f), ".yaml")
		for path, item := range d.Paths {
			p, err := serverPath(name, path, item)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", f, path, err)
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b ServerPath) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path {
			return nil, fmt.Errorf("%s is in %s and in %s", out[i].Path, out[i-1].File, out[i].File)
		}
	}
	return out, nil
}

// serverFile is a file of server/ as it is written.
type serverFile struct {
	OpenAPI string `yaml:"openapi"`
	Info    M
	Paths   map[string]M
}

func serverPath(file, path string, item M) (ServerPath, error) {
	out := ServerPath{File: file, Path: path, Operations: map[string]string{}, Item: M{}}
	for k, v := range item {
		switch {
		case k == "x-document":
			out.Document, _ = v.(string)
			if out.Document == "" {
				return out, fmt.Errorf("x-document is not a name but %v", v)
			}
		case slices.Contains(methods, k):
			operation, _ := v.(M)
			id, _ := operation["operationId"].(string)
			if id == "" {
				return out, fmt.Errorf("%s has no operationId", k)
			}
			out.Operations[k], out.Item[k] = id, v
		case k == "parameters":
			out.Item[k] = v
		default:
			return out, fmt.Errorf("unknown key %q", k)
		}
	}
	return out, nil
}
