package handlers

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// rows are the generated rows that the options and the feature gates let serve, with the options' own life of events. A version that is not
// served may still be the one that another is stored as.
func rows(o *Options) []resources.Row {
	var out []resources.Row
	for _, row := range resources.Rows {
		if !o.Served(row) || row.Gate != "" && !o.Features.Enabled(row.Gate) {
			continue
		}
		if row.TTL > 0 && o.EventTTL > 0 {
			row.TTL = int(o.EventTTL.Seconds())
		}
		out = append(out, row)
	}
	return out
}

// builtins joins rows with codecs, rules, columns and strategies.
func builtins(strategy func(resources.Row) *resource.Strategy, f *features.Features, rows []resources.Row) ([]*resource.Resource, error) {
	var all []*resource.Resource
	parents := map[schema.GroupVersionResource]*resource.Resource{}
	for _, row := range rows {
		r := &resource.Resource{Row: row, Strategy: strategy(row), DropDisabled: kinds.DropDisabled(f, row)}
		r.New = constructor(r.GVK())
		if err := bodied(r); err != nil {
			return nil, fmt.Errorf("%v: %w", r.GVR(), err)
		}
		if row.Subresource == "" {
			if err := complete(r); err != nil {
				return nil, fmt.Errorf("%v: %w", r.GVR(), err)
			}
			r.FieldManager = fieldManager(r)
			r.Subresources = map[string]*resource.Resource{}
			parents[r.GVR()] = r
			all = append(all, r)
			continue
		}
		parent := parents[r.GVR()]
		if parent == nil {
			return nil, fmt.Errorf("%v has no parent for its subresource %s", r.GVR(), row.Subresource)
		}
		r.Parent, r.Key = parent, parent.Key
		r.Default, r.Columns = defaulting(r), kinds.Columns(r.GVK())
		r.FieldManager = fieldManager(r)
		if isPart(r) {
			r.Codec = parent.Codec
		}
		if r.Scale != nil {
			r.Owners = scaled(r)
		}
		if r.GVK() == parent.GVK() {
			r.Columns, r.ShownBy = parent.Columns, parent.ShownBy
		}
		parent.Subresources[row.Subresource] = r
	}
	return all, nil
}

// bodied gives a resource the codec of its bodies; connections have options instead.
func bodied(r *resource.Resource) error {
	if len(r.Connect) > 0 || r.Text {
		return nil
	}
	body, err := codec.NewTypedBody(r.GVK(), r.BodyVersions...)
	if err == nil {
		r.Body = body
	}
	return err
}

// isPart says whether a subresource reads and writes its parent's object: as it is (status, resize), or through a view of it
// (scale). Any other one never comes near that object: who may use pods/log need not be allowed to read pods.
func isPart(r *resource.Resource) bool {
	if len(r.Connect) > 0 || r.Text {
		return false
	}
	return r.GVK() == r.Parent.GVK() || r.Strategy.View != nil
}

// complete adds what only whole resources have.
func complete(r *resource.Resource) error {
	r.Default, r.Columns = defaulting(r), kinds.Columns(r.GVK())
	if r.Storage == "" {
		if r.Strategy.Virtual == nil {
			return nil
		}
		var err error
		r.Codec, err = codec.NewBuiltin(r.GVK(), r.GVK(), nil, nil, nil)
		return err
	}
	r.Rules, r.Immutable = rules, validation.Immutable
	gv, err := schema.ParseGroupVersion(r.Storage)
	if err != nil {
		return err
	}
	if gv.Version == "" || r.Storage[0] == '/' {
		gv = schema.GroupVersion{Version: r.Storage[1:]}
	}
	stored := gv.WithKind(r.Kind)
	var to, from resource.Converter
	if stored != r.GVK() {
		to, _ = kinds.Convert(r.GVK(), stored)
		from = read(stored, r.GVK())
	}
	var c *codec.Builtin
	if r.StoredAsJSON {
		c, err = codec.NewJSON(r.GVK(), stored, to, from, r.Default, kinds.Unserved(stored))
	} else {
		c, err = codec.NewBuiltin(r.GVK(), stored, to, from, r.Default)
	}
	if err != nil {
		return err
	}
	for _, path := range r.DefaultedWhenRead {
		if err := c.DefaultWhenEmpty(strings.Split(path, ".")...); err != nil {
			return err
		}
	}
	readOthers(c, r, r.GVK(), stored)
	r.Codec = c
	c.HideAnnotations(r.FieldAnnotations...)
	return shownAs(r, stored)
}

// readOthers lets a codec read what another server has stored in another version of the kind than is stored here, or in
// another group that has its objects in the same place (events). It stays so until somebody writes the object.
func readOthers(c *codec.Builtin, r *resource.Resource, shown, stored schema.GroupVersionKind) {
	for _, other := range resources.Rows {
		gvk := schema.GroupVersionKind{Group: other.KindGroup, Version: other.KindVersion, Kind: other.Kind}
		if other.Subresource != "" || other.Storage == "" || gvk == stored || gvk == shown || resource.Keys(&other) != resource.Keys(&r.Row) {
			continue
		}
		if from := read(gvk, shown); from != nil {
			c.ReadFrom(gvk, from)
		} else if first, then := read(gvk, stored), read(stored, shown); first != nil && then != nil {
			c.ReadFrom(gvk, func(in object.Object) (object.Object, error) {
				between, err := first(in)
				if err != nil {
					return nil, err
				}
				return then(between)
			})
		}
	}
}

// read converts what was stored, which has the defaults of its own version first; nil when it cannot be converted.
func read(stored, to schema.GroupVersionKind) resource.Converter {
	convert, ok := kinds.Convert(stored, to)
	if !ok {
		return nil
	}
	complete := kinds.Default(stored)
	if complete == nil {
		return convert
	}
	return func(in object.Object) (object.Object, error) {
		in = object.Copy(in)
		complete(in)
		return convert(in)
	}
}

// shownAs lets tables be made of the objects of another version than the bodies'.
func shownAs(r *resource.Resource, stored schema.GroupVersionKind) error {
	if r.ShownAs == "" {
		return nil
	}
	gvk := schema.GroupVersionKind{Group: r.KindGroup, Version: r.ShownAs, Kind: r.Kind}
	to, _ := kinds.Convert(gvk, stored)
	c, err := codec.NewBuiltin(gvk, stored, to, read(stored, gvk), kinds.Default(gvk))
	if err != nil {
		return err
	}
	readOthers(c, r, gvk, stored)
	r.ShownBy, r.Columns, r.NewShown = c, kinds.Columns(gvk), constructor(gvk)
	return nil
}

// defaulting runs the defaults of the schema first: those of the strategy may depend on them.
func defaulting(r *resource.Resource) func(object.Object) {
	schema, own := kinds.Default(r.GVK()), r.Strategy.Default
	switch {
	case schema == nil:
		return own
	case own == nil:
		return schema
	}
	return func(o object.Object) {
		schema(o)
		own(o)
	}
}

// constructor makes empty objects that know their kind; nil for kinds that are no objects (the options of connections).
func constructor(gvk schema.GroupVersionKind) func() runtime.Object {
	empty := resources.Kinds[gvk]
	if empty == nil {
		return nil
	}
	return func() runtime.Object {
		o := empty()
		o.GetObjectKind().SetGroupVersionKind(gvk)
		return o
	}
}

// rules are the field rules of the generated types.
func rules(o, old object.Object) field.ErrorList {
	if old == nil {
		return kinds.FieldRules().Fields(o)
	}
	return kinds.FieldRules().FieldsUpdate(o, old)
}
