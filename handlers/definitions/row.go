package definitions

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/fields"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Priorities of custom resources in discovery, as upstream's API services for them have.
const groupPriority, versionPriority = 1000, 100

var scaleGVK = schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}

// row are the facts of the resource itself.
func (v *versioned) row() resources.Row {
	d := v.d
	row := resources.Row{
		Group: d.group, Version: v.gvk.Version, Resource: d.names.Plural, Kind: v.gvk.Kind, KindGroup: d.group, KindVersion: v.gvk.Version,
		Namespaced: d.namespaced, Enabled: true, GroupPriority: groupPriority, VersionPriority: versionPriority,
		Verbs:    []string{"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"},
		Singular: d.names.Singular, ShortNames: d.names.ShortNames, Categories: d.names.Categories,
		Storage: d.group + "/" + d.storage, Key: d.group + "/" + d.names.Plural,
		ConditionalUpdate: true, Generation: true, Warning: v.deprecation(), UnknownField: "field label not supported: {field}",
	}
	for _, f := range v.spec.SelectableFields {
		row.Fields = append(row.Fields, strings.TrimPrefix(f.JSONPath, "."))
	}
	if v.hasStatus() {
		row.ResetFields = []string{"status"}
	}
	return row
}

func (v *versioned) hasStatus() bool {
	return v.spec.Subresources != nil && v.spec.Subresources.Status != nil
}

// resource is the version as the registry has it. What costs more than a few allocations is made at its first use.
func (v *versioned) resource() *resource.Resource {
	r := &resource.Resource{
		Row: v.row(), New: v.empty, Codec: newStored(v), Body: codec.NewUnstructuredBody(v.gvk, v.coerce), Default: v.fillDefaults,
		Columns: v.columns(), ListKind: v.d.names.ListKind, Document: document{v}, Subresources: map[string]*resource.Resource{},
	}
	r.Strategy = v.strategy()
	r.FieldManager = v.owners("")
	if v.hasStatus() {
		r.Subresources["status"] = v.status(r)
	}
	if s := v.spec.Subresources; s != nil && s.Scale != nil {
		r.Subresources["scale"] = v.scale(r)
	}
	return r
}

func (v *versioned) empty() runtime.Object {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(v.gvk)
	return u
}

// status is the subresource that writes the status alone.
func (v *versioned) status(of *resource.Resource) *resource.Resource {
	r := *of
	r.Row.Subresource, r.Row.Verbs = "status", []string{"get", "patch", "update"}
	r.Row.StatusKeeps = []string{"labels", "annotations", "finalizers", "ownerReferences"}
	r.Row.ResetFields = []string{"metadata", "spec"}
	r.Row.Singular, r.Row.ShortNames, r.Row.Categories = "", nil, nil
	r.Parent, r.Subresources, r.Document = of, nil, nil
	r.Strategy, r.FieldManager = v.statusStrategy(), v.owners("status")
	return &r
}

// scale is the view that autoscalers and kubectl scale read and write.
func (v *versioned) scale(of *resource.Resource) *resource.Resource {
	r := *of
	r.Row.Subresource, r.Row.Verbs = "scale", []string{"get", "patch", "update"}
	r.Row.Kind, r.Row.KindGroup, r.Row.KindVersion = scaleGVK.Kind, scaleGVK.Group, scaleGVK.Version
	r.Row.Singular, r.Row.ShortNames, r.Row.Categories, r.Row.ResetFields = "", nil, nil, nil
	s := v.spec.Subresources.Scale
	r.Row.Scale = &resources.Scale{SpecReplicas: s.SpecReplicasPath, StatusReplicas: s.StatusReplicasPath}
	if s.LabelSelectorPath != nil {
		r.Row.Scale.Selector = *s.LabelSelectorPath
	}
	r.Parent, r.Subresources, r.Document, r.Default, r.ListKind = of, nil, nil, nil, ""
	r.New = func() runtime.Object { return emptyScale(scaleGVK) }
	r.Columns, r.Strategy = v.scaleColumns(), v.scaleStrategy(of.Strategy)
	if body, err := codec.NewTypedBody(scaleGVK); err == nil {
		r.Body = body
		r.FieldManager = fields.New(fields.Options{
			GVK: scaleGVK, Subresource: "scale", Body: body, New: emptyScale, AllResets: func() map[string][]string { return nil },
			Convert: func(_, _ schema.GroupVersionKind) resource.Converter { return nil },
		})
	}
	paths := map[string]string{}
	for _, name := range v.d.order {
		if other := v.d.versions[name].spec.Subresources; other != nil && other.Scale != nil {
			paths[schema.GroupVersion{Group: v.d.group, Version: name}.String()] = other.Scale.SpecReplicasPath
		}
	}
	r.Owners = fields.NewScaled(v.gvk.GroupVersion(), paths)
	return &r
}

func emptyScale(gvk schema.GroupVersionKind) object.Object {
	if gvk != scaleGVK {
		return nil
	}
	o, ok := resources.Kinds[gvk]().(object.Object)
	if ok {
		o.GetObjectKind().SetGroupVersionKind(gvk)
	}
	return o
}
