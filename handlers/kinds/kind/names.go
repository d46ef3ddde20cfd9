package kind

import (
	"context"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// PathSegment is the rule for names that may be any segment of a URL's path.
func PathSegment(name string, prefix bool) []string {
	return path.ValidatePathSegmentName(name, prefix)
}

// CoreV1 is a resource of the core group.
func CoreV1(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: name}
}

// GeneratedName validates generateName in an update. Upstream does so for kinds whose updates run the rules of creates, although
// the field has no effect then.
func GeneratedName(_ context.Context, o, _ object.Object) field.ErrorList {
	if o.GetGenerateName() == "" {
		return nil
	}
	return Faults(field.NewPath("metadata", "generateName"), o.GetGenerateName(), apivalidation.NameIsDNSSubdomain(o.GetGenerateName(), true))
}

// JudgeAlike sets one rule for creates and updates of a kind; updates run GeneratedName as well.
func JudgeAlike(s *resource.Strategy, rule func(context.Context, object.Object) field.ErrorList) {
	s.ValidateCreate = rule
	s.ValidateUpdate = func(ctx context.Context, o, old object.Object) field.ErrorList {
		return append(GeneratedName(ctx, o, old), rule(ctx, o)...)
	}
}
