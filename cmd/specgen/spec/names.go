package spec

import (
	"path"
	"slices"
	"strings"
)

// Ref resolves a $ref written in file.
func Ref(ref, file string) (target, name string) {
	f, n, _ := strings.Cut(ref, "#/components/schemas/")
	if f == "" {
		return file, n
	}
	return strings.TrimSuffix(path.Join(path.Dir(file), f), ".yaml"), n
}

// Alias is the import name of a file's package: corev1, resourcev1beta1.
func Alias(file string) string { return strings.ReplaceAll(file, "/", "") }

// PublishedName is the name of a schema in the documents of /openapi: that of the schema (x-model), of the file (x-models),
// or the group's domain backwards.
func (m Model) PublishedName(file, name string) string {
	d := m[file]
	if d == nil {
		return name
	}
	if s := d.Schemas[name]; s != nil {
		if own, ok := s.Keys["x-model"].(string); ok {
			return own
		}
	}
	if d.Models.Prefix != "" {
		return d.Models.Prefix + "." + name
	}
	words := strings.Split(d.GV.Group, ".")
	slices.Reverse(words)
	return strings.Join(append(words, d.GV.Version, name), ".")
}
