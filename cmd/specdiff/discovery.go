package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// fact is what discovery says about one resource, as a line of text: lines are easy to compare, to read and to keep.
func fact(groupVersion string, r metav1.APIResource) string {
	scope := "cluster"
	if r.Namespaced {
		scope = "namespaced"
	}
	out := fmt.Sprintf("%s %s %s %s verbs=%s", groupVersion, r.Name, r.Kind, scope, strings.Join(r.Verbs, ","))
	for _, f := range [][2]string{
		{"singular", r.SingularName}, {"short", strings.Join(r.ShortNames, ",")}, {"categories", strings.Join(r.Categories, ",")},
		{"group", r.Group}, {"version", r.Version}, {"stored", r.StorageVersionHash},
	} {
		if f[1] != "" {
			out += " " + f[0] + "=" + f[1]
		}
	}
	return out
}

// discoveryOf reads the discovery documents of a Kubernetes source tree, which has those of the groups that are off too.
func discoveryOf(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*__v*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no discovery documents in %s", dir)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var l metav1.APIResourceList
		if err := json.Unmarshal(b, &l); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		for _, r := range l.APIResources {
			out = append(out, fact(l.GroupVersion, r))
		}
	}
	slices.Sort(out)
	return out, nil
}

// generatedDiscovery are the same facts from our rows.
func generatedDiscovery() []string {
	var out []string
	for _, row := range resources.Rows {
		r := metav1.APIResource{
			Name: row.Resource, Kind: row.Kind, Namespaced: row.Namespaced, Verbs: slices.Sorted(slices.Values(row.Verbs)),
			SingularName: row.Singular, ShortNames: row.ShortNames, Categories: row.Categories,
		}
		if row.Subresource != "" {
			r.Name += "/" + row.Subresource
		}
		if row.KindGroup != row.Group || row.KindVersion != row.Version {
			r.Group, r.Version = row.KindGroup, row.KindVersion
		}
		if row.Storage != "" {
			r.StorageVersionHash = storageHash(row)
		}
		out = append(out, fact(strings.TrimPrefix(row.Group+"/"+row.Version, "/"), r))
	}
	slices.Sort(out)
	return out
}

// storageHash is how discovery names the stored form: the first eight bytes of the hash of group, version and kind.
func storageHash(row resources.Row) string {
	sum := sha256.Sum256([]byte(row.Storage + "/" + row.Kind))
	return base64.StdEncoding.EncodeToString(sum[:8])
}

// compareLines lists the lines that only one side has.
func compareLines(ours, theirs []string) (out []string) {
	for _, line := range ours {
		if !slices.Contains(theirs, line) {
			out = append(out, "ours   "+line)
		}
	}
	for _, line := range theirs {
		if !slices.Contains(ours, line) {
			out = append(out, "theirs "+line)
		}
	}
	return out
}
