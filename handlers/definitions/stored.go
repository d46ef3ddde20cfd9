package definitions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	crdschema "github.com/gatehouse-dev/gatehouse/handlers/definitions/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// stored is the codec of a version. Objects lie in the store in the stored version, of today or of an earlier day, as some
// state of the definition had them: pruned and completed by its schemas of then. What was written since this state is known, in
// the version that is asked for, is shown as it lies there. Everything else is made what the schemas of today make of it.
type stored struct {
	*codec.Unstructured
	v *versioned
	// head is how the text of an object of the version begins.
	head []byte
}

func newStored(v *versioned) *stored {
	return &stored{codec.NewUnstructured(v.gvk), v, []byte(`{"apiVersion":"` + v.gvk.GroupVersion().String() + `",`)}
}

// Encode implements resource.Codec.
func (c *stored) Encode(o object.Object) ([]byte, error) {
	d := c.v.d
	if d.storage == c.v.gvk.Version {
		return c.Unstructured.Encode(o)
	}
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%v: %T is not unstructured", c.v.gvk, o)
	}
	to := d.versions[d.storage]
	if to == nil {
		return nil, fmt.Errorf("%s has no version in which objects are stored", d.name)
	}
	u = u.DeepCopy()
	u.SetAPIVersion(to.gvk.GroupVersion().String())
	if _, err := to.schema.Coerce(u.Object, crdschema.Coercion{}); err != nil {
		return nil, err
	}
	return c.Unstructured.Encode(u)
}

// Decode implements resource.Codec.
func (c *stored) Decode(text []byte, revision int64) (object.Object, error) {
	o, err := c.Unstructured.Decode(text, revision)
	if err != nil {
		return nil, err
	}
	u := o.(*unstructured.Unstructured)
	if c.isFresh(u.GetAPIVersion(), revision) {
		return u, nil
	}
	return u, c.renew(u)
}

// isFresh says whether an object lies in the store as it is to be shown.
func (c *stored) isFresh(apiVersion string, revision int64) bool {
	return revision > c.v.d.since && apiVersion == c.v.gvk.GroupVersion().String()
}

// renew makes an object what it is by the schemas of today: by that of the version in which it lies in the store, then by that in
// which it is asked for.
func (c *stored) renew(u *unstructured.Unstructured) error {
	version := u.GetResourceVersion()
	gv, err := schema.ParseGroupVersion(u.GetAPIVersion())
	if err != nil {
		return err
	}
	if from := c.v.d.versions[gv.Version]; from != nil {
		if _, err := from.schema.Coerce(u.Object, crdschema.Coercion{Stored: true}); err != nil {
			return fmt.Errorf("stored %v: %w", c.v.gvk, err)
		}
		from.schema.Default(u.Object)
		if from == c.v {
			u.SetResourceVersion(version)
			return nil
		}
	}
	u.SetAPIVersion(c.v.gvk.GroupVersion().String())
	if _, err := c.v.schema.Coerce(u.Object, crdschema.Coercion{}); err != nil {
		return fmt.Errorf("stored %v: %w", c.v.gvk, err)
	}
	u.SetResourceVersion(version)
	return nil
}

// AppendJSON implements resource.Codec.
func (c *stored) AppendJSON(dst, text []byte, revision int64, item bool) ([]byte, error) {
	// Keys are sorted, so the version comes first.
	if revision > c.v.d.since && bytes.HasPrefix(text, c.head) {
		return c.Unstructured.AppendJSON(dst, text, revision, item)
	}
	o, err := c.Decode(text, revision)
	if err != nil {
		return dst, err
	}
	b, err := json.Marshal(o.(*unstructured.Unstructured).Object)
	if err != nil {
		return dst, fmt.Errorf("stored %v: %w", c.v.gvk, err)
	}
	return append(dst, b...), nil
}

// coerce is the codec.Prune of bodies.
//
// A body that says to be of another version is refused later, by what reads it; until then the schema of that version counts, and
// a version that is not there knows no fields.
func (v *versioned) coerce(content map[string]any, track bool) ([]string, error) {
	apiVersion, _ := content["apiVersion"].(string)
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil || gv.Group != v.gvk.Group || gv.Version == v.gvk.Version || content["kind"] != v.gvk.Kind {
		return v.schema.Coerce(content, crdschema.Coercion{Track: track})
	}
	if other := v.d.versions[gv.Version]; other != nil {
		return other.schema.Coerce(content, crdschema.Coercion{Track: track})
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(content)) {
		switch name {
		case "apiVersion", "kind", "metadata":
		default:
			delete(content, name)
			unknown = append(unknown, name)
		}
	}
	more, err := v.schema.Coerce(content, crdschema.Coercion{Track: track})
	return append(more, unknown...), err
}

// fillDefaults fills the defaults of a body.
func (v *versioned) fillDefaults(o object.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok && u.GetKind() == v.gvk.Kind {
		v.schema.Default(u.Object)
	}
}
