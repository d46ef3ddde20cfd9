package apiextensions

import (
	"context"
	"strings"

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
	Group: group, Resource: "customresourcedefinitions", Strategy: definition,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultDefinition)},
	Conversions: []kind.Conversion{
		{From: servedGVK, To: storedGVK, Convert: kind.Converter(toStored)},
		{From: storedGVK, To: servedGVK, Convert: kind.Converter(fromStored)},
	},
	Unserved: map[schema.GroupVersionKind]func() object.Object{
		storedGVK: func() object.Object { return &storedDefinition{} },
	},
}

func definition(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *apiextensionsv1.CustomResourceDefinition) error {
		return prepare(o)
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, _ *apiextensionsv1.CustomResourceDefinition) error {
		return prepare(o)
	})
	s.Validate = kind.Check(func(o *apiextensionsv1.CustomResourceDefinition) field.ErrorList {
		if o.Name == o.Spec.Names.Plural+"."+o.Spec.Group {
			return nil
		}
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), o.Name, `must be spec.names.plural+"."+spec.group`)}
	})
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
