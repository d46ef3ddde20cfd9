package fields

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Scaled carries owners between an object and its view as a Scale, where one field stands for one of the object.
type Scaled struct {
	version  kschema.GroupVersion
	mappings managedfields.ResourcePathMappings
}

// NewScaled is for objects of a version; paths say where each version of them (apps/v1) has the number of replicas, with dots
// between names.
func NewScaled(version kschema.GroupVersion, paths map[string]string) *Scaled {
	s := &Scaled{version: version, mappings: managedfields.ResourcePathMappings{}}
	for v, path := range paths {
		s.mappings[v] = fieldpath.MakePathOrDie(names(strings.TrimPrefix(path, "."))...)
	}
	return s
}

// View are the entries of the Scale of an object with these.
func (s *Scaled) View(entries []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	return managedfields.NewScaleHandler(entries, s.version, s.mappings).ToSubresource()
}

// Object are the entries of the object after those of its Scale have become view.
func (s *Scaled) Object(entries, view []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	return managedfields.NewScaleHandler(entries, s.version, s.mappings).ToParent(view)
}
