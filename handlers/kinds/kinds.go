// Package kinds has the hand-written part of the built-in kinds, beside the resource model: preparation of objects, rules between
// fields and for changes, allocations outside of the object, defaults that depend on other fields, conversions, warnings, and
// cells of tables. There is a package for each API group and a file for each kind; the list Kinds of a group is its table of
// contents. The server uses this package only.
package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/admissionregistration"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiextensions"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiregistration"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiserverinternal"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apps"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/authentication"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/authorization"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/autoscaling"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/batch"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/certificates"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/coordination"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/discovery"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/dra"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/events"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/flowcontrol"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/networking"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/node"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/policy"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/scheduling"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/storagemigration"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// groups are the kinds of all groups.
var groups = [][]kind.Kind{
	admissionregistration.Kinds,
	apiextensions.Kinds,
	apiregistration.Kinds,
	apiserverinternal.Kinds,
	apps.Kinds,
	authentication.Kinds,
	authorization.Kinds,
	autoscaling.Kinds,
	batch.Kinds,
	certificates.Kinds,
	coordination.Kinds,
	core.Kinds,
	discovery.Kinds,
	dra.Kinds,
	events.Kinds,
	flowcontrol.Kinds,
	networking.Kinds,
	node.Kinds,
	policy.Kinds,
	rbac.Kinds,
	scheduling.Kinds,
	storage.Kinds,
	storagemigration.Kinds,
}

// name is that of a resource in all its versions.
type name struct{ group, resource string }

// byName finds a kind by its resource, byGVK by the kind and version of its bodies.
var byName, byGVK = index()

func index() (map[name]*kind.Kind, map[schema.GroupVersionKind]*kind.Kind) {
	names, kinds := map[name]*kind.Kind{}, map[schema.GroupVersionKind]*kind.Kind{}
	for _, group := range groups {
		for i := range group {
			k := &group[i]
			names[name{k.Group, k.Resource}] = k
		}
	}
	for _, row := range resources.Rows {
		if k := names[name{row.Group, row.Resource}]; k != nil && row.Subresource == "" {
			kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}] = k
		}
	}
	return names, kinds
}

// Strategies returns the function that makes the strategies of the rows of one server. A row without a kind has the strategy
// that the row says.
func Strategies(d kind.Deps) func(resources.Row) *resource.Strategy {
	d.SetDefaults()
	return func(row resources.Row) *resource.Strategy {
		return byName[name{row.Group, row.Resource}].Make(&d, row)
	}
}
