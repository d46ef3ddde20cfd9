package mutate

import (
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"
)

// namedValues are the values that the model knows for properties of a name in all schemas: what is right in
// one schema is a good mistake in another.
var namedValues = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	files, err := filepath.Glob("../../openapi/*/*.yaml")
	if err != nil || len(files) == 0 {
		panic("the model is not where it was")
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			panic(err)
		}
		var file struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct {
						Enum  []string `json:"enum"`
						Items []string `json:"x-items-enum"`
						Known []any    `json:"x-known-values"`
					} `json:"properties"`
				} `json:"schemas"`
			} `json:"components"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			panic(f + ": " + err.Error())
		}
		for _, s := range file.Components.Schemas {
			for name, p := range s.Properties {
				for _, v := range p.Known {
					if s, ok := v.(string); ok {
						p.Enum = append(p.Enum, s)
					}
				}
				out[name] = append(append(out[name], p.Enum...), p.Items...)
			}
		}
	}
	for name, l := range out {
		slices.Sort(l)
		out[name] = slices.Compact(l)
	}
	return out
})
