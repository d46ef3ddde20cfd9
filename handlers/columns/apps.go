package columns

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// controllerOf is kind, group and name of the owner that controls an object.
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
