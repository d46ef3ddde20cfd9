package validation

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
)

const (
	rollingUpdate = "RollingUpdate"
	onDelete      = "OnDelete"
)

// An unknown type of update is reported with the whole strategy, for each kind in other words.

func deploymentStrategy(s *appsv1.DeploymentStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == "Recreate" {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, display.Value(s), []string{"Recreate", rollingUpdate})}
}

func daemonSetStrategy(s *appsv1.DaemonSetUpdateStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == onDelete {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, display.Value(s), []string{rollingUpdate, onDelete})}
}

func statefulSetStrategy(s *appsv1.StatefulSetUpdateStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == onDelete {
		return nil
	}
	return field.ErrorList{field.Invalid(path, display.Value(s), "must be 'RollingUpdate' or 'OnDelete'")}
}

// podManagement is refused in other words than other enums.
var podManagement = rule{
	ok: func(v reflect.Value, _ string) bool { return v.String() == "OrderedReady" || v.String() == "Parallel" },
	errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList {
		return invalid(path, v, "must be 'OrderedReady' or 'Parallel'")
	},
}
