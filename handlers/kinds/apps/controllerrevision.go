package apps

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var controllerRevisions = kind.Kind{
	Group: group, Resource: "controllerrevisions",
	Strategy: controllerRevision,
	Cells:    kind.Cells{"controllerOf": {Object: controllerOf}},
}

func controllerRevision(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = kind.Check(func(o *appsv1.ControllerRevision) field.ErrorList {
		path := field.NewPath("data")
		var v any
		if o.Data.Raw == nil {
			return field.ErrorList{field.Required(path, "data is mandatory")}
		}
		if err := json.Unmarshal(o.Data.Raw, &v); err != nil {
			return field.ErrorList{field.Invalid(path, "<value omitted>", fmt.Sprintf("error parsing data: %v", err))}
		}
		switch v.(type) {
		case nil:
			return field.ErrorList{field.Required(path, "data is mandatory")}
		case map[string]any:
			return nil
		}
		return field.ErrorList{field.Required(path, "data must be a valid JSON object")}
	})
}

// controllerOf is the column of the controlling owner: kind, group and name.
func controllerOf(o object.Object, _ time.Time) any {
	owner := metav1.GetControllerOfNoCopy(o)
	if owner == nil {
		return "<none>"
	}
	gv, err := schema.ParseGroupVersion(owner.APIVersion)
	if err != nil || owner.Kind == "" {
		return owner.Name
	}
	return strings.ToLower(schema.GroupKind{Group: gv.Group, Kind: owner.Kind}.String()) + "/" + owner.Name
}
