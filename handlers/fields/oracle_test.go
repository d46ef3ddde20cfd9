package fields

import (
	"encoding/json"
	"regexp"
	"sync"
	"testing"

	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/gatehouse-dev/gatehouse/gen/openapi"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var (
	formats  = regexp.MustCompile(`"format":"([a-z0-9-]+)",?`)
	trailing = regexp.MustCompile(`,}`)
)

// withoutOwnFormats is a document without the formats of texts that only our documents have: the library takes text of an
// unknown format for a value of any type, which upstream's merge schema does not.
func withoutOwnFormats(document []byte) []byte {
	document = formats.ReplaceAllFunc(document, func(found []byte) []byte {
		switch string(formats.FindSubmatch(found)[1]) {
		case "byte", "date-time", "int-or-string", "int32", "int64", "double":
			return found
		}
		return nil
	})
	return trailing.ReplaceAll(document, []byte("}"))
}

// models are the schemas of all published documents: what upstream makes its merge schema of.
var models = sync.OnceValue(func() map[string]*spec.Schema {
	out := map[string]*spec.Schema{}
	for _, path := range openapi.Paths() {
		text, err := openapi.Document(path)
		if err != nil {
			panic(err)
		}
		text = withoutOwnFormats(text)
		var document spec3.OpenAPI
		if err := json.Unmarshal(text, &document); err != nil {
			panic(err)
		}
		if document.Components == nil {
			continue
		}
		for name, s := range document.Components.Schemas {
			out[name] = s
		}
	}
	return out
})

// published is the library's converter as upstream makes it: of documents, and not of our tables.
var published = sync.OnceValue(func() managedfields.TypeConverter {
	c, err := managedfields.NewTypeConverter(models(), false)
	if err != nil {
		panic(err)
	}
	return c
})

// kind is one that is stored, with the name of its schema.
type kind struct {
	gvk   kschema.GroupVersionKind
	reset []string
}

// storedKinds are all kinds and versions that have a row of their own.
func storedKinds() (out []kind) {
	seen := map[kschema.GroupVersionKind]bool{}
	for _, row := range resources.Rows {
		gvk := kschema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
		if row.Subresource == "" && row.Storage != "" && !seen[gvk] {
			seen[gvk] = true
			out = append(out, kind{gvk, row.ResetFields})
		}
	}
	return out
}

func newObject(gvk kschema.GroupVersionKind) object.Object {
	make := resources.Kinds[gvk]
	if make == nil {
		return nil
	}
	o := make().(object.Object)
	o.GetObjectKind().SetGroupVersionKind(gvk)
	return o
}

// oracle is the library's manager over the published documents.
func oracle(t *testing.T, m *Manager) *managedfields.FieldManager {
	t.Helper()
	c := &converter{m: m}
	fm, err := managedfields.NewDefaultFieldManager(published(), c, c, c, m.GVK, m.GVK.GroupVersion(), m.Subresource, m.filters())
	if err != nil {
		t.Fatal(err)
	}
	return fm
}

// TestMergeSchema compares the merge schema that the tables make with the one that the library makes of the documents.
func TestMergeSchema(t *testing.T) {
	for _, k := range storedKinds() {
		want, err := published().ObjectToTyped(newObject(k.gvk))
		if err != nil {
			t.Fatal(err)
		}
		got := (&types{}).of(k.gvk)
		c := schemaComparison{t: t, seen: map[[2]string]bool{}, got: got.Schema, want: want.Schema()}
		c.refs(k.gvk.Kind, got.TypeRef, want.TypeRef())
		if len(c.seen) < 5 {
			t.Errorf("%v: %d types were compared", k.gvk, len(c.seen))
		}
	}
}
