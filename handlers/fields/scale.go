package fields

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Scaled maps managedFields between an object and its Scale, in which spec.replicas stands for one field of the object.
type Scaled struct {
	version  kschema.GroupVersion
	mappings managedfields.ResourcePathMappings
}

// NewScaled is for objects of a version. paths has the dotted path of the number of replicas for each version (apps/v1).
func NewScaled(version kschema.GroupVersion, paths map[string]string) *Scaled {
	s := &Scaled{version: version, mappings: managedfields.ResourcePathMappings{}}
	for v, path := range paths {
		s.mappings[v] = fieldpath.MakePathOrDie(names(strings.TrimPrefix(path, "."))...)
	}
	return s
}

// View returns the entries of the Scale for those of the object.
func (s *Scaled) View(entries []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	return managedfields.NewScaleHandler(entries, s.version, s.mappings).ToSubresource()
}

// Object returns the entries of the object after a write to its Scale, whose entries are view.
func (s *Scaled) Object(entries, view []metav1.ManagedFieldsEntry) ([]metav1.ManagedFieldsEntry, error) {
	return managedfields.NewScaleHandler(entries, s.version, s.mappings).ToParent(view)
}
