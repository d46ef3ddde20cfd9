package definitions

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	crdschema "github.com/gatehouse-dev/gatehouse/handlers/definitions/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// owners keeps account of the owners of fields by the library, over the merge schemas of the versions.
type owners struct {
	v           *versioned
	subresource string
	library     func() (*managedfields.FieldManager, error)
}

func (v *versioned) owners(subresource string) resource.FieldManager {
	o := &owners{v: v, subresource: subresource}
	o.library = sync.OnceValues(o.make)
	return o
}

func (o *owners) make() (*managedfields.FieldManager, error) {
	v := o.v
	c := merging{v.d, v}
	return managedfields.NewDefaultCRDFieldManager(c, c, c, c, v.gvk, v.gvk.GroupVersion(), o.subresource, o.resets())
}

// resets are what nobody owns who writes to the endpoint.
func (o *owners) resets() map[fieldpath.APIVersion]fieldpath.Filter {
	sets := map[fieldpath.APIVersion]*fieldpath.Set{}
	switch o.subresource {
	case "":
		if o.v.hasStatus() {
			sets[fieldpath.APIVersion(o.v.gvk.GroupVersion().String())] = fieldpath.NewSet(fieldpath.MakePathOrDie("status"))
		}
	case "status":
		for _, other := range o.v.d.versions {
			if other.hasStatus() {
				sets[fieldpath.APIVersion(other.gvk.GroupVersion().String())] = fieldpath.NewSet(fieldpath.MakePathOrDie("metadata"), fieldpath.MakePathOrDie("spec"))
			}
		}
	}
	return fieldpath.NewExcludeFilterSetMap(sets)
}

// Track implements resource.FieldManager.
func (o *owners) Track(live, next object.Object, manager string, _ time.Time) {
	library, err := o.library()
	if err == nil {
		if live == nil {
			live = o.v.empty().(object.Object)
		}
		_, err = library.Update(live, next, manager)
	}
	if err != nil {
		next.SetManagedFields(nil)
	}
}

// Apply implements resource.FieldManager.
func (o *owners) Apply(a resource.Applied, _ time.Time) (object.Object, error) {
	library, err := o.library()
	if err != nil {
		return nil, err
	}
	live := a.Live
	if live == nil {
		live = o.v.empty().(object.Object)
	}
	configuration := &unstructured.Unstructured{Object: a.Configuration}
	out, err := library.Apply(live, configuration, a.Manager, a.Force)
	if err != nil {
		return nil, err
	}
	u, ok := out.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("apply made a %T", out)
	}
	o.v.fillDefaults(u)
	return u, nil
}

// merging is what the library asks about the objects of a definition.
type merging struct {
	d *definition
	v *versioned
}

func (m merging) typeOf(gvk schema.GroupVersionKind) (*typed.ParseableType, error) {
	of := m.d.versions[gvk.Version]
	if of == nil || gvk.Group != m.d.group || gvk.Kind != m.d.names.Kind {
		return nil, fmt.Errorf("no corresponding type for %v", gvk)
	}
	return of.schema.MergeType()
}

// ObjectToTyped implements managedfields.TypeConverter.
func (m merging) ObjectToTyped(o runtime.Object, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%T is not unstructured", o)
	}
	t, err := m.typeOf(u.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	return t.FromUnstructured(u.UnstructuredContent(), options...)
}

// TypedToObject implements managedfields.TypeConverter.
func (m merging) TypedToObject(v *typed.TypedValue) (runtime.Object, error) {
	content, ok := v.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("failed to convert value to unstructured for type %T", content)
	}
	return &unstructured.Unstructured{Object: content}, nil
}

// ConvertToVersion implements runtime.ObjectConvertor: versions differ by their name alone.
func (m merging) ConvertToVersion(in runtime.Object, target runtime.GroupVersioner) (runtime.Object, error) {
	from := in.GetObjectKind().GroupVersionKind()
	to, ok := target.KindForGroupVersionKinds([]schema.GroupVersionKind{from})
	if !ok {
		return nil, runtime.NewNotRegisteredErrForTarget("", nil, target)
	}
	u, isMap := in.(*unstructured.Unstructured)
	if from == to || !isMap {
		return in, nil
	}
	v := m.d.versions[to.Version]
	if v == nil {
		return nil, runtime.NewNotRegisteredErrForKind("", to)
	}
	u = u.DeepCopy()
	u.SetGroupVersionKind(to)
	if _, err := v.schema.Coerce(u.Object, crdschema.Coercion{}); err != nil {
		return nil, err
	}
	return u, nil
}

// Convert implements runtime.ObjectConvertor; the library does not use it.
func (m merging) Convert(in, out, _ any) error {
	return fmt.Errorf("no conversion of %T into %T", in, out)
}

// ConvertFieldLabel implements runtime.ObjectConvertor; the library does not use it.
func (m merging) ConvertFieldLabel(gvk schema.GroupVersionKind, label, _ string) (string, string, error) {
	return "", "", fmt.Errorf("no field label %s of %v", strings.TrimSpace(label), gvk)
}

// Default implements runtime.ObjectDefaulter.
func (m merging) Default(o runtime.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		m.v.fillDefaults(u)
	}
}

// New implements runtime.ObjectCreater.
func (m merging) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(gvk)
	return u, nil
}
