package dra

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var deviceClasses = kind.Kind{Group: group, Resource: "deviceclasses", Strategy: deviceClass, MovedFields: moved}

func deviceClass(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e := expressions{d.Features}
	v := kind.Version[*resourcev1.DeviceClass](row, "v1", moved)
	// Names of classes have declarative validation, whose wording differs.
	s.ValidateName = func(name string, prefix bool) []string {
		if prefix {
			return kind.PathSegment(name, prefix)
		}
		return content.IsDNS1123Subdomain(name)
	}
	s.ValidateCreate = v.Check(func(o *resourcev1.DeviceClass) field.ErrorList { return e.class(o, nil) })
	s.ValidateUpdate = v.CheckUpdate(e.class)
}

// class validates a class. Unchanged selectors and configurations count as stored.
func (e expressions) class(o, old *resourcev1.DeviceClass) field.ErrorList {
	sameSelectors := old != nil && equality.Semantic.DeepEqual(o.Spec.Selectors, old.Spec.Selectors)
	sameConfig := old != nil && equality.Semantic.DeepEqual(o.Spec.Config, old.Spec.Config)
	errs := e.selectors(o.Spec.Selectors, sameSelectors, specPath.Child("selectors"))
	errs = append(errs, limited(o.Spec.Config, mostConfigs, specPath.Child("config"), func(c *resourcev1.DeviceClassConfiguration, path *field.Path) field.ErrorList {
		return opaque(c.Opaque, sameConfig, path.Child("opaque"))
	})...)
	if name := o.Spec.ExtendedResourceName; name != nil && !podspec.ExtendedResource(*name) {
		errs = append(errs, field.Invalid(specPath.Child("extendedResourceName"), *name, "must be a valid extended resource name"))
	}
	return errs
}
