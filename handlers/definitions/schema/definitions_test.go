package schema

import (
	"bytes"
	"io"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// definition is one version of a real one.
type definition struct {
	name   string
	text   string
	schema map[string]any
}

func definitionsIn(t testing.TB, files []string) (out []definition) {
	t.Helper()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(b), 4096); ; {
			var crd struct {
				Kind string `json:"kind"`
				Spec struct {
					Versions []struct {
						Name   string `json:"name"`
						Schema struct {
							OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
						} `json:"schema"`
					} `json:"versions"`
				} `json:"spec"`
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			}
			if err := d.Decode(&crd); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, v := range crd.Spec.Versions {
				text := textOf(t, v.Schema.OpenAPIV3Schema)
				out = append(out, definition{crd.Metadata.Name + " " + v.Name, text, parse(t, text)})
			}
		}
	}
	return out
}
