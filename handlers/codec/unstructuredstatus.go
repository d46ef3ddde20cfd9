package codec

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// mapParts implements resource.Parts for objects that are maps.
type mapParts struct{}

func contentOf(o object.Object) map[string]any { return o.(*unstructured.Unstructured).Object }

// isContent says whether a member of an object is neither metadata nor status.
func isContent(key string) bool {
	switch key {
	case "apiVersion", "kind", "metadata", "status":
		return false
	}
	return true
}

// Status implements resource.Parts.
func (mapParts) Status(o object.Object) any { return contentOf(o)["status"] }

// ClearStatus implements resource.Parts.
func (mapParts) ClearStatus(o object.Object) { delete(contentOf(o), "status") }

// CopyStatus implements resource.Parts.
func (mapParts) CopyStatus(o, from object.Object) {
	to := contentOf(o)
	delete(to, "status")
	if status, found := contentOf(from)["status"]; found {
		to["status"] = status
	}
}

// KeepAllButStatus implements resource.Parts.
func (mapParts) KeepAllButStatus(o, from object.Object) {
	to, kept := contentOf(o), contentOf(from)
	for k := range to {
		if _, found := kept[k]; !found && isContent(k) {
			delete(to, k)
		}
	}
	for k, v := range kept {
		if isContent(k) {
			to[k] = v
		}
	}
}

// ContentChanged implements resource.Parts.
func (mapParts) ContentChanged(o, old object.Object) bool {
	a, b := contentOf(o), contentOf(old)
	for k, v := range a {
		if other, found := b[k]; isContent(k) && (!found || !equality.Semantic.DeepEqual(v, other)) {
			return true
		}
	}
	for k := range b {
		if _, found := a[k]; isContent(k) && !found {
			return true
		}
	}
	return false
}
