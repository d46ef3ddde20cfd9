package object_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Every built-in kind that is a resource's body satisfies Object; lists and reviews without metadata need not.
func TestKindsAreObjects(t *testing.T) {
	for _, row := range resources.Rows {
		if row.Storage == "" {
			continue
		}
		for gvk, make := range resources.Kinds {
			if gvk.Kind != row.Kind || gvk.Group != row.KindGroup || gvk.Version != row.KindVersion || strings.HasSuffix(gvk.Kind, "List") {
				continue
			}
			o, ok := make().(object.Object)
			if !ok {
				t.Errorf("%v is not an Object", gvk)
				continue
			}
			o.SetName("a")
			c := object.Copy(o)
			c.SetName("b")
			if o.GetName() != "a" {
				t.Errorf("%v: a copy shares its name with the original", gvk)
			}
		}
	}
}
