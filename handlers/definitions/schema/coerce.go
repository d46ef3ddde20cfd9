package schema

import (
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
)

// Coercion says how Coerce treats what it finds.
type Coercion struct {
	// Track collects the paths of unknown fields, for fieldValidation Warn and Strict.
	Track bool
	// Stored is for objects from the store: metadata that cannot be read is dropped instead of refused, and a generation
	// of 0 becomes 1.
	Stored bool
}

// Coerce does for a map what decoding into a struct does by itself: it prunes unknown fields, removes nulls that are neither
// allowed nor defaulted, and brings metadata, of the object and of embedded ones, into its normal form. Content is changed in
// place. unknown are the paths of what was not known, in upstream's order; an error is one of decoding.
//
// It is for bodies, for objects from the store, and for what a conversion returns. An object of another kind, options of a
// deletion for example, has only its metadata read.
func (s *Schema) Coerce(content map[string]any, c Coercion) (unknown []string, err error) {
	kind, hasKind, err := unstructured.NestedString(content, "kind")
	if err != nil {
		return nil, err
	}
	apiVersion, hasVersion, err := unstructured.NestedString(content, "apiVersion")
	if err != nil {
		return nil, err
	}
	raw, hasMeta := content["metadata"]
	plain := hasMeta && plainMeta(raw)
	var meta *metav1.ObjectMeta
	if hasMeta && !plain {
		meta, hasMeta, unknown, err = objectmeta.GetObjectMetaWithOptions(content, objectmeta.ObjectMetaOptions{
			DropMalformedFields: c.Stored, ReturnUnknownFieldPaths: c.Track,
		})
		if err != nil {
			return nil, err
		}
	}
	gv, err := kschema.ParseGroupVersion(apiVersion)
	if err != nil {
		return nil, err
	}
	own := gv.Group == s.Kind.Group && kind == s.Kind.Kind
	if own {
		more, err := s.coerceContent(content, c)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, more...)
	}
	// The schema may say something of these, which counts for nothing.
	if hasKind {
		content["kind"] = kind
	}
	if hasVersion {
		content["apiVersion"] = apiVersion
	}
	first := own && c.Stored
	switch {
	case plain:
		content["metadata"] = raw
		if fields := raw.(map[string]any); first && fields["generation"] == nil {
			fields["generation"] = int64(1)
		}
	case hasMeta:
		if first && meta.Generation == 0 {
			meta.Generation = 1
		}
		err = objectmeta.SetObjectMeta(content, meta)
	}
	return unknown, err
}

// coerceContent is Coerce for all but the object's own metadata.
func (s *Schema) coerceContent(content map[string]any, c Coercion) (unknown []string, err error) {
	made, err := s.ready()
	if err != nil {
		return nil, err
	}
	if !s.walks(made) {
		return s.coerceByLibrary(content, c)
	}
	if !s.PreserveUnknownFields {
		w := walk{track: c.Track, nulls: true}
		w.prune(content, made.root, true)
		unknown = w.pruned()
	}
	var more []string
	if fault := coerceEmbedded(content, made.root, nil, c, &more); fault != nil {
		return nil, fault
	}
	slices.Sort(more)
	return append(unknown, more...), nil
}

func (s *Schema) coerceByLibrary(content map[string]any, c Coercion) (unknown []string, err error) {
	j, err := s.judge.get()
	if err != nil {
		return nil, err
	}
	if !s.PreserveUnknownFields {
		unknown = pruning.PruneWithOptions(content, j.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: c.Track})
		defaulting.PruneNonNullableNullsWithoutDefaults(content, j.structural)
	}
	fault, more := objectmeta.CoerceWithOptions(nil, content, j.structural, false, objectmeta.CoerceOptions{
		DropInvalidFields: c.Stored, ReturnUnknownFieldPaths: c.Track,
	})
	if fault != nil {
		return nil, fault
	}
	return append(unknown, more...), nil
}

// Default fills in the defaults of a coerced object.
func (s *Schema) Default(content map[string]any) {
	made, err := s.ready()
	if err != nil {
		return
	}
	if s.walks(made) {
		fill(content, made.root)
		return
	}
	if j, err := s.judge.get(); err == nil {
		defaulting.Default(content, j.structural)
	}
}
