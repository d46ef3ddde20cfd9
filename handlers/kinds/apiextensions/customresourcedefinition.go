package apiextensions

import (
	"context"
	"strings"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// The versions of a definition: the one that is served, and the one that is stored.
var (
	servedGVK = schema.GroupVersionKind{Group: group, Version: "v1", Kind: "CustomResourceDefinition"}
	storedGVK = schema.GroupVersionKind{Group: group, Version: "v1beta1", Kind: "CustomResourceDefinition"}
)

var definitions = kind.Kind{
	Group: group, Resource: "customresourcedefinitions", Strategy: definition, Subresources: map[string]kind.Strategy{"status": definitionStatus},
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultDefinition)},
	Conversions: []kind.Conversion{
		{From: servedGVK, To: storedGVK, Convert: kind.Converter(toStored)},
		{From: storedGVK, To: servedGVK, Convert: kind.Converter(fromStored)},
	},
	Unserved: map[schema.GroupVersionKind]func() object.Object{
		storedGVK: func() object.Object { return &storedDefinition{} },
	},
}

func definition(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	if d.Definitions != nil {
		settle(d, s)
		s.Conclude = concluding(d)
	}
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *apiextensionsv1.CustomResourceDefinition) error {
		return prepare(o)
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, _ *apiextensionsv1.CustomResourceDefinition) error {
		return prepare(o)
	})
	s.ValidateCreate = func(ctx context.Context, o object.Object) field.ErrorList { return judge(ctx, o, nil) }
	s.ValidateUpdate = judge
	s.Warnings = kind.Warn(formatWarnings)
}

// definitionStatus: who writes the status tells which names were accepted.
func definitionStatus(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	if d.Definitions != nil {
		s.Conclude = concluding(d)
	}
	s.ValidateUpdate = kind.CheckUpdate(func(o, _ *apiextensionsv1.CustomResourceDefinition) field.ErrorList {
		n := o.Status.AcceptedNames
		return names(&upstream.CustomResourceDefinitionNames{
			Plural: n.Plural, Singular: n.Singular, Kind: n.Kind, ListKind: n.ListKind, ShortNames: n.ShortNames, Categories: n.Categories,
		}, field.NewPath("status", "acceptedNames"))
	})
}

func judge(ctx context.Context, o, old object.Object) (errs field.ErrorList) {
	now, was := &hubDefinition{}, (*hubDefinition)(nil)
	for _, from := range []struct {
		o  object.Object
		to **hubDefinition
	}{{o, &now}, {old, &was}} {
		d, ok := from.o.(*apiextensionsv1.CustomResourceDefinition)
		if !ok {
			continue
		}
		var err error
		if *from.to, err = hub(d); err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
	}
	want := now.Spec.Names.Plural + "." + now.Spec.Group
	for _, of := range []struct{ field, name string }{{"generateName", o.GetGenerateName()}, {"name", o.GetName()}} {
		if old == nil && of.name != want && of.name != "" {
			errs = append(errs, field.Invalid(field.NewPath("metadata", of.field), of.name, `must be spec.names.plural+"."+spec.group`))
		}
	}
	return append(errs, validateDefinition(ctx, now, was)...)
}

func prepare(o *apiextensionsv1.CustomResourceDefinition) error {
	rememberStored(o)
	return tidySchemas(o)
}

// tidySchemas brings the schemas into the form that is stored, before they are compared with the old ones: another order of
// the keys in a part that is kept as text is no change.
func tidySchemas(o *apiextensionsv1.CustomResourceDefinition) error {
	for i := range o.Spec.Versions {
		if s := o.Spec.Versions[i].Schema; s != nil && s.OpenAPIV3Schema != nil {
			if err := tidySchema(s.OpenAPIV3Schema); err != nil {
				return apierrors.NewBadRequest(err.Error())
			}
		}
	}
	return nil
}

// rememberStored notes every version that objects were ever stored in.
func rememberStored(o *apiextensionsv1.CustomResourceDefinition) {
	for _, v := range o.Spec.Versions {
		if !v.Storage {
			continue
		}
		for _, known := range o.Status.StoredVersions {
			if known == v.Name {
				return
			}
		}
		o.Status.StoredVersions = append(o.Status.StoredVersions, v.Name)
		return
	}
}

func defaultDefinition(c *apiextensionsv1.CustomResourceDefinition) {
	names := &c.Spec.Names
	if names.Singular == "" {
		names.Singular = strings.ToLower(names.Kind)
	}
	if names.ListKind == "" && names.Kind != "" {
		names.ListKind = names.Kind + "List"
	}
	kind.SetIfNil(&c.Spec.Conversion, apiextensionsv1.CustomResourceConversion{Strategy: "None"})
	if len(c.Status.StoredVersions) == 0 {
		for _, v := range c.Spec.Versions {
			if v.Storage {
				c.Status.StoredVersions = []string{v.Name}
				break
			}
		}
	}
	c.SetDefaults()
}
