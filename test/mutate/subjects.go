package mutate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// subject is a good object of testdata, or a good body of a subresource (x-at).
type subject struct {
	name string
	row  resources.Row
	// parent is the row of what a subresource belongs to; row itself for an object.
	parent resources.Row
	body   map[string]any
}

// subjects are all of testdata. A document's x-versions names further versions of its group that it is good in as it stands.
func subjects() (out []subject, err error) {
	files, err := filepath.Glob("testdata/objects/*.yaml")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no objects: %w", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("reading objects: %w", err)
		}
		for _, part := range strings.Split(string(text), "\n---\n") {
			body := map[string]any{}
			if err := yaml.Unmarshal([]byte(part), &body); err != nil {
				return nil, fmt.Errorf("%s: %w in %.200s", f, err, part)
			}
			versions, _ := body["x-versions"].([]any)
			place, _ := body["x-at"].(string)
			delete(body, "x-versions")
			delete(body, "x-at")
			group, first := groupOf(body)
			for _, version := range append([]any{first}, versions...) {
				s := subject{body: clone(body).(map[string]any)}
				if group != "" {
					s.body["apiVersion"] = fmt.Sprint(group, "/", version)
				}
				if !s.find(place, group, fmt.Sprint(version)) {
					return nil, fmt.Errorf("%s: nothing serves %v %v %s", f, s.body["apiVersion"], body["kind"], place)
				}
				s.name = strings.TrimSuffix(filepath.Base(f), ".yaml") + " " + fmt.Sprint(version) + " " + s.row.Resource
				if s.row.Subresource != "" {
					s.name += "/" + s.row.Subresource
				}
				out = append(out, s)
			}
		}
	}
	return out, nil
}

func groupOf(body map[string]any) (group, version string) {
	apiVersion, _ := body["apiVersion"].(string)
	if group, version, ok := strings.Cut(apiVersion, "/"); ok {
		return group, version
	}
	return "", apiVersion
}

// find sets the rows; place is resource/subresource of a body of a subresource.
func (s *subject) find(place, group, version string) bool {
	resource, sub, _ := strings.Cut(place, "/")
	for _, row := range resources.Rows {
		if place == "" && row.Group == group && row.Version == version && row.Kind == s.body["kind"] && row.Subresource == "" && row.Storage+row.Kind != "" {
			s.row, s.parent = row, row
			return true
		}
		if place != "" && row.Resource == resource && row.Subresource == sub && row.KindGroup == group && row.KindVersion == version && row.Kind == s.body["kind"] {
			s.row = row
			for _, p := range resources.Rows {
				if p.Group == row.Group && p.Version == row.Version && p.Resource == resource && p.Subresource == "" {
					s.parent = p
				}
			}
			return true
		}
	}
	return false
}

// collection is the path of the objects that the subject is one of.
func (s *subject) collection(namespace string) string {
	root := "/apis/" + s.parent.Group + "/" + s.parent.Version
	if s.parent.Group == "" {
		root = "/api/" + s.parent.Version
	}
	if s.parent.Namespaced {
		root += "/namespaces/" + namespace
	}
	return root + "/" + s.parent.Resource
}

// path is that of the object that exists.
func (s *subject) path(namespace string) string {
	meta, _ := s.body["metadata"].(map[string]any)
	path := fmt.Sprintf("%s/%v", s.collection(namespace), meta["name"])
	if s.row.Subresource != "" {
		path += "/" + s.row.Subresource
	}
	return path
}

func (s *subject) gvk() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: s.row.KindGroup, Version: s.row.KindVersion, Kind: s.row.Kind}
}

func (s *subject) verb(name string) bool {
	for _, v := range s.row.Verbs {
		if v == name {
			return true
		}
	}
	return false
}

// status is the row of the status subresource.
func (s *subject) status() (resources.Row, bool) {
	for _, row := range resources.Rows {
		if row.Group == s.row.Group && row.Version == s.row.Version && row.Resource == s.row.Resource && row.Subresource == "status" {
			return row, true
		}
	}
	return resources.Row{}, false
}
