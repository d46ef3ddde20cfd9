package fields

import (
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// makeLibrary makes the library's field manager for the same writes. Its hub version is that of the path, which the objects have
// already.
func (m *Manager) makeLibrary() (*managedfields.FieldManager, error) {
	gv := m.GVK.GroupVersion()
	c := &converter{m: m}
	return managedfields.NewDefaultFieldManager(typeConverter{m}, c, c, c, m.GVK, gv, m.Subresource, m.filters())
}

// makeFilters converts the resets into the library's form.
func (m *Manager) makeFilters() map[fieldpath.APIVersion]fieldpath.Filter {
	out := map[fieldpath.APIVersion]fieldpath.Filter{}
	for version, paths := range m.AllResets() {
		if len(paths) == 0 {
			continue
		}
		s := fieldpath.NewSet()
		for _, path := range paths {
			s.Insert(fieldpath.MakePathOrDie(names(path)...))
		}
		out[fieldpath.APIVersion(version)] = fieldpath.NewExcludeSetFilter(s)
	}
	return out
}

func names(path string) (out []any) {
	for _, name := range strings.Split(path, ".") {
		out = append(out, name)
	}
	return out
}

// types caches the merge schemas, which are made with the first object of a version.
type types struct {
	mu   sync.Mutex // guards made
	made map[kschema.GroupVersionKind]*typed.ParseableType
}

// mergeTypes are shared by all managers, because they depend on the tables of the model only.
var mergeTypes types

// of is the merge schema of a kind; nil when no table describes it.
func (t *types) of(gvk kschema.GroupVersionKind) *typed.ParseableType {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.made[gvk]
	if message := schema.ByKind(gvk.ToAPIVersionAndKind()); !ok && message != nil {
		if t.made == nil {
			t.made = map[kschema.GroupVersionKind]*typed.ParseableType{}
		}
		known = mergeType(message)
		t.made[gvk] = known
	}
	return known
}

// mergeType is the merge schema of a version of the kind; nil when nothing describes it.
func (m *Manager) mergeType(gvk kschema.GroupVersionKind) (*typed.ParseableType, error) {
	if m.Types != nil {
		return m.Types(gvk)
	}
	return mergeTypes.of(gvk), nil
}

// typeConverter gives the library the merge schemas of a manager.
type typeConverter struct{ m *Manager }

// ObjectToTyped implements managedfields.TypeConverter.
func (t typeConverter) ObjectToTyped(o runtime.Object, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	gvk := o.GetObjectKind().GroupVersionKind()
	kind, err := t.m.mergeType(gvk)
	if err != nil {
		return nil, err
	}
	if kind == nil {
		return nil, runtime.NewNotRegisteredErrForKind("", gvk)
	}
	if u, ok := o.(*unstructured.Unstructured); ok {
		return kind.FromUnstructured(u.Object, options...)
	}
	return kind.FromStructured(o, options...)
}

// TypedToObject implements managedfields.TypeConverter.
func (typeConverter) TypedToObject(v *typed.TypedValue) (runtime.Object, error) {
	content, ok := v.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("failed to convert value to unstructured for type %T", content)
	}
	return &unstructured.Unstructured{Object: content}, nil
}

// converter implements the library's conversion, defaulting and creation of objects.
type converter struct{ m *Manager }

// ConvertToVersion implements runtime.ObjectConvertor.
func (c *converter) ConvertToVersion(in runtime.Object, target runtime.GroupVersioner) (runtime.Object, error) {
	from := in.GetObjectKind().GroupVersionKind()
	to, ok := target.KindForGroupVersionKinds([]kschema.GroupVersionKind{from})
	if !ok {
		// Another group: a write to an event in one of its two groups drops the owners from the other.
		return nil, runtime.NewNotRegisteredErrForTarget("", nil, target)
	}
	o, err := c.structured(in, from)
	if err != nil || from == to {
		return o, err
	}
	convert := c.m.Convert(from, to)
	if convert == nil {
		return nil, runtime.NewNotRegisteredErrForKind("", to)
	}
	out, err := convert(o)
	if err != nil {
		return nil, err
	}
	out.GetObjectKind().SetGroupVersionKind(to)
	return out, nil
}

// structured is an object in its Go type. An Unstructured is copied, because its map is shared.
func (c *converter) structured(in runtime.Object, gvk kschema.GroupVersionKind) (object.Object, error) {
	u, ok := in.(*unstructured.Unstructured)
	if !ok {
		return in.(object.Object), nil
	}
	o := c.m.New(gvk)
	if o == nil {
		return nil, runtime.NewNotRegisteredErrForKind("", gvk)
	}
	if _, ok := o.(*unstructured.Unstructured); ok {
		return u.DeepCopy(), nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, o); err != nil {
		err = fmt.Errorf("unable to convert unstructured object to %v: %w", gvk, err)
		return nil, err
	}
	o.GetObjectKind().SetGroupVersionKind(gvk)
	return o, nil
}

// Convert implements runtime.ObjectConvertor; the library does not use it.
func (c *converter) Convert(in, out, context any) error {
	return fmt.Errorf("no conversion of %T into %T", in, out)
}

// ConvertFieldLabel implements runtime.ObjectConvertor; the library does not use it.
func (c *converter) ConvertFieldLabel(gvk kschema.GroupVersionKind, label, value string) (string, string, error) {
	return "", "", fmt.Errorf("no field label of %v", gvk)
}

// Default implements runtime.ObjectDefaulter.
func (c *converter) Default(o runtime.Object) {
	if c.m.Options.Default != nil {
		c.m.Options.Default(o.(object.Object))
	}
}

// New implements runtime.ObjectCreater.
func (c *converter) New(gvk kschema.GroupVersionKind) (runtime.Object, error) {
	if o := c.m.New(gvk); o != nil {
		return o, nil
	}
	return nil, runtime.NewNotRegisteredErrForKind("", gvk)
}
