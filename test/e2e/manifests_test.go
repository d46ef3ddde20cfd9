package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// The manifests have an object of every resource that can be kept, and they can all be created.
func TestManifestsCoverEveryResource(t *testing.T) {
	kubectl := harness.Start(t).Kubectl()
	kinds := manifestKinds(t)
	var resources struct {
		Resources []struct {
			Name, Kind, Group, Version string
			Verbs                      []string
		}
	}
	list := kubectl.OK("api-resources", "--verbs=create,list", "--output=json")
	if err := json.Unmarshal([]byte(list), &resources); err != nil {
		t.Fatal(err)
	}
	if len(resources.Resources) < 50 {
		t.Errorf("only %d resources are served", len(resources.Resources))
	}
	for _, r := range resources.Resources {
		if !kinds[r.Group+"/"+r.Kind] {
			t.Errorf("no manifest has a %s (%s)", r.Kind, r.Name+"."+r.Group)
		}
	}
	kubectl.OK("create", "--filename=manifests", "--recursive")
	for _, r := range resources.Resources {
		if out := kubectl.OK("get", r.Name+"."+r.Version+"."+r.Group, "--all-namespaces", "--no-headers"); out == "" {
			t.Errorf("no %s is listed", r.Name)
		}
	}
}

// manifestKinds are the group and kind of each object of the manifests.
func manifestKinds(t *testing.T) map[string]bool {
	kinds := map[string]bool{}
	err := filepath.WalkDir("manifests", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(b), len(b))
		for {
			var object struct{ APIVersion, Kind string }
			if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			group, _, grouped := strings.Cut(object.APIVersion, "/")
			if !grouped {
				group = ""
			}
			kinds[group+"/"+object.Kind] = true
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}
