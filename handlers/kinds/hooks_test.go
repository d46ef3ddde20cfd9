package kinds

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	coordinationv1 "github.com/gatehouse-dev/gatehouse/gen/types/coordination/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// An object of another type is a fault of the caller, and no hook panics on it.
func TestHooksOfOtherTypes(t *testing.T) {
	strategies := Strategies(kind.Deps{})
	for _, row := range resources.Rows {
		foreign := func() object.Object { return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}} }
		if row.Resource == "configmaps" {
			foreign = func() object.Object { return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "a"}} }
		}
		s := strategies(row)
		ctx := t.Context()
		for name, call := range map[string]func(){
			"Default":          func() { s.Default(foreign()) },
			"PrepareForCreate": func() { _ = s.PrepareForCreate(ctx, &resource.Attempt{}, foreign()) },
			"PrepareForUpdate": func() { _ = s.PrepareForUpdate(ctx, &resource.Attempt{}, foreign(), foreign()) },
			"PrepareStatus":    func() { _ = s.PrepareStatus(ctx, &resource.Attempt{}, foreign(), foreign()) },
			"Changed":          func() { s.Changed(foreign(), foreign()) },
			"Ruled":            func() { s.Ruled(foreign(), true) },
			"Validate":         func() { s.Validate(ctx, foreign()) },
			"ValidateWith":     func() { s.ValidateWith(ctx, foreign(), foreign()); s.ValidateWith(ctx, foreign(), nil) },
			"ValidateCreate":   func() { s.ValidateCreate(ctx, foreign()) },
			"ValidateUpdate":   func() { s.ValidateUpdate(ctx, foreign(), foreign()) },
			"Warnings":         func() { s.Warnings(ctx, foreign(), foreign()); s.Warnings(ctx, foreign(), nil) },
			"Fields":           func() { s.Fields(foreign()) },
			"View":             func() { _, _ = s.View(foreign()) },
			"Apply":            func() { _ = s.Apply(ctx, foreign(), foreign()) },
		} {
			has := map[string]bool{
				"Default": s.Default != nil, "PrepareForCreate": s.PrepareForCreate != nil, "PrepareForUpdate": s.PrepareForUpdate != nil,
				"PrepareStatus": s.PrepareStatus != nil, "Changed": s.Changed != nil, "Ruled": s.Ruled != nil, "Validate": s.Validate != nil, "ValidateWith": s.ValidateWith != nil,
				"ValidateCreate": s.ValidateCreate != nil, "ValidateUpdate": s.ValidateUpdate != nil, "Warnings": s.Warnings != nil,
				"Fields": s.Fields != nil, "View": s.View != nil, "Apply": s.Apply != nil,
			}
			if !has[name] {
				continue
			}
			func() {
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s: %s: %s", fmt.Sprint(row.Group, "/", row.Version, "/", row.Resource, "/", row.Subresource), name, fmt.Sprint(p))
					}
				}()
				call()
			}()
		}
	}
}
