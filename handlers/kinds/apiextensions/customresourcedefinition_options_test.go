package apiextensions

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

const definitionOf = `{metadata: {name: ps.g.h}, spec: {group: g.h, scope: %s, names: {plural: ps, singular: p, kind: P, listKind: L},
	versions: [{name: v1, served: true, storage: true, %s}]}, status: {storedVersions: [v1]%s}}`

// What a definition was allowed before a rule existed, an update may leave as it is; nobody may begin with it.
func TestOldDefinitionsMayStay(t *testing.T) {
	many := ""
	for i := range 9 {
		many += fmt.Sprintf("{jsonPath: .f%d}, ", i)
	}
	properties := strings.NewReplacer("{jsonPath: .", "", "}, ", ": {type: string}, ").Replace(many)
	for what, c := range map[string]struct{ version, fault string }{
		"a list without items":       {"schema: {openAPIV3Schema: {type: object, properties: {a: {type: array, nullable: true}}}}", "must be specified"},
		"a set of granular objects":  {"schema: {openAPIV3Schema: {type: object, properties: {a: {type: array, x-kubernetes-list-type: set, items: {type: object}}}}}", "must be atomic as item of a list"},
		"keys that may be missing":   {"schema: {openAPIV3Schema: {type: object, properties: {a: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}}}}}}}", "must have a default or be a required property"},
		"too many selectable fields": {"selectableFields: [" + strings.TrimSuffix(many, ", ") + "], schema: {openAPIV3Schema: {type: object, properties: {" + strings.TrimSuffix(properties, ", ") + "}}}", "must have at most 8 items"},
	} {
		text := fmt.Sprintf(definitionOf, "Cluster", c.version, "")
		row := kindtest.Row(t, group, "v1", "customresourcedefinitions", "")
		s := kindtest.Hooks(t, Kinds, "v1", "customresourcedefinitions", "")
		created := strings.Join(kindtest.Verdict(s, kindtest.Object(t, row, text), nil), "\n")
		if !strings.Contains(created, c.fault) {
			t.Errorf("%s is taken: %s", what, created)
		}
		changed := strings.Join(kindtest.Verdict(s, kindtest.Object(t, row, text), kindtest.Object(t, row, text)), "\n")
		if what != "a list without items" && changed != "" {
			t.Errorf("%s may not stay: %s", what, changed)
		}
	}
}

// Scope and kind are part of where and as what objects lie, once there are some.
func TestEstablishedNamesAreFixed(t *testing.T) {
	const schema = "schema: {openAPIV3Schema: {type: object}}"
	const established = `, conditions: [{type: Established, status: "True"}]`
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "customresourcedefinitions", Object: fmt.Sprintf(definitionOf, "Namespaced", schema, ""), Old: fmt.Sprintf(definitionOf, "Cluster", schema, "")},
		{Version: "v1", Resource: "customresourcedefinitions", Object: fmt.Sprintf(definitionOf, "Namespaced", schema, established), Old: fmt.Sprintf(definitionOf, "Cluster", schema, established),
			Want: []string{`spec.scope: Invalid value: "Namespaced": field is immutable`}},
	})
}
