package autoscaling

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func hooks(t *testing.T, version, name, subresource string) *resource.Strategy {
	t.Helper()
	return kindtest.Hooks(t, Kinds, version, name, subresource)
}
