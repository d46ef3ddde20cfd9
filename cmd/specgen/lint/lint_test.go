package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// base is a model without faults. Each test case replaces one line of it.
const base = `openapi: 3.0.3
info: {title: widgets/v1, version: v1}
x-kubernetes-group-version: {group: widgets.example.dev, version: v1, preferred: true, enabled: true, groupPriority: 1}
x-kubernetes-resources:
  widgets: {kind: Widget, namespaced: true, verbs: [create, get, list, watch], singular: widget, shortNames: [wd], storage: v1, fields: [spec.size]}
  widgets/status: {kind: Widget, namespaced: true, verbs: [get, update], statusKeeps: [labels]}
  widgets/scale: {kind: Widget, namespaced: true, verbs: [get], scale: {specReplicas: .spec.count, statusReplicas: .spec.count, selector: .spec.labels}}
x-kubernetes-columns:
  Widget: [Name, {name: Size, path: .spec.size}, {name: First, path: '.spec.parts[0].name'}]
paths: {}
components:
  schemas:
    Widget:
      type: object
      x-kind: true
      required: [spec]
      properties:
        kind: {type: string}
        apiVersion: {type: string}
        spec: {$ref: '#/components/schemas/WidgetSpec', x-proto: 1}
    WidgetList:
      type: object
      x-kind: true
      properties:
        kind: {type: string}
        apiVersion: {type: string}
        items: {type: array, items: {$ref: '#/components/schemas/Widget'}, x-proto: 1}
    WidgetSpec:
      type: object
      properties:
        size: {type: string, enum: [S, M, L], default: M, x-proto: 1}
        count: {type: integer, format: int32, minimum: 0, maximum: 10, default: 1, x-proto: 2}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], x-proto: 3}
        labels: {type: object, additionalProperties: {type: string}, x-proto: 4}
    Part:
      type: object
      required: [name]
      properties:
        name: {type: string, pattern: '^[a-z]+$', maxLength: 8, x-proto: [1, 1]}
`

// check looks at a model of the given files; the first is widgets/v1.yaml, the next widgets/v2.yaml.
func check(t *testing.T, sources ...string) []Problem {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "widgets"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, source := range sources {
		if err := os.WriteFile(filepath.Join(dir, "widgets", fmt.Sprintf("v%d.yaml", i+1)), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Check(m)
}

func TestNoFaults(t *testing.T) {
	for _, p := range check(t, base) {
		t.Error(p)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "x-proto: 4}", "x-proto: 4, x-prto: 5}", `WidgetSpec.labels: unknown key x-prto`},
		{"unknown key of a schema", "      x-kind: true\n      required", "      x-kin: true\n      x-kind: true\n      required", `schema Widget: unknown key x-kin`},
		{"a property's key on a schema", "      required: [spec]", "      x-ptr: true", `schema Widget: x-ptr cannot stand here`},
		{"a schema's key on a property", "x-proto: 4}", "x-proto: 4, x-kind: true}", `WidgetSpec.labels: x-kind cannot stand here`},
		{"no field number", "additionalProperties: {type: string}, x-proto: 4}", "additionalProperties: {type: string}}", `WidgetSpec.labels has no x-proto`},
		{"a field number twice", "x-proto: 4}", "x-proto: 3}", `WidgetSpec.labels and parts have the same x-proto 3`},
		{"a field number in quotes", "x-proto: 4}", "x-proto: '4'}", `WidgetSpec.labels: x-proto must be a field number`},
		{"a field in another's message", "x-proto: 4}", "x-proto: [1, 2]}", `WidgetSpec.labels lies in message 1, which is also the number of size`},
		{"constraint as text", "maxLength: 8", "maxLength: '8'", `Part.name: maxLength must be a whole number`},
		{"negative length", "maxLength: 8", "maxLength: -8", `Part.name: maxLength must be a whole number that is not negative`},
		{"constraint of another type", "maxLength: 8", "minimum: 8", `Part.name: minimum says nothing about a value of type string`},
		{"x-ptr: false", "x-proto: 4}", "x-proto: 4, x-ptr: false}", `WidgetSpec.labels: x-ptr must be true`},
		{"no regular expression", "'^[a-z]+$'", "'^[a-z+$'", `Part.name: pattern: error parsing regexp`},
		{"bounds crossed", "minimum: 0", "minimum: 11", `WidgetSpec.count: minimum 11 is above maximum 10`},
		{"default outside the enum", "default: M", "default: XL", `WidgetSpec.size: default "XL" is not in its own enum`},
		{"default below the minimum", "default: 1", "default: -1", `WidgetSpec.count: default "-1" is below its own minimum 0`},
		{"default above the maximum", "default: 1", "default: 11", `WidgetSpec.count: default "11" is above its own maximum 10`},
		{"default of another type", "default: 1", "default: one", `WidgetSpec.count: default "one" is not of type integer`},
		{"default against the pattern", "maxLength: 8", "maxLength: 8, default: A", `Part.name: default "A" does not match its own pattern`},
		{"default too long", "maxLength: 8", "maxLength: 2, default: abc", `Part.name: default "abc" is longer than its own maxLength 2`},
		{"list of type map without keys", ", x-kubernetes-list-map-keys: [name]", "", `WidgetSpec.parts is a list of type map without x-kubernetes-list-map-keys`},
		{"list key that does not exist", "keys: [name]", "keys: [nme]", `WidgetSpec.parts: "nme" is no property of its elements`},
		{"keys on a list of another type", "list-type: map", "list-type: set", `WidgetSpec.parts has x-kubernetes-list-map-keys and is no list of type map`},
		{"unknown list type", "list-type: map", "list-type: bag", `x-kubernetes-list-type is atomic, set or map, not "bag"`},
		{"merge key that does not exist", "x-kubernetes-list-type: map", "x-kubernetes-list-type: map, x-kubernetes-patch-merge-key: id", `WidgetSpec.parts: "id" is no property of its elements`},
		{"reference to nothing", "schemas/Part'", "schemas/Prt'", `WidgetSpec.parts.items refers to Prt, which widgets/v1.yaml does not have`},
		{"reference to no file", "'#/components/schemas/Part'", "../meta/v1.yaml#/components/schemas/Time", `refers to meta/v1.yaml, which does not exist`},
		{"no reference", "'#/components/schemas/Part'", "'Part'", `"Part" is no reference`},
		{"required and not there", "required: [spec]", "required: [spec, metadata]", `Widget requires "metadata", which is none of its properties`},
		{"a kind without kind", "      type: object\n      x-kind: true\n      required: [spec]\n      properties:\n        kind: {type: string}\n", "      type: object\n      x-kind: true\n      required: [spec]\n      properties:\n", `Widget is a kind without the property kind`},
		{"neither type nor reference", "labels: {type: object, ", "labels: {", `WidgetSpec.labels has neither a type nor a $ref`},
		{"unknown type", "labels: {type: object, ", "labels: {type: map, ", `WidgetSpec.labels: unknown type "map"`},
		{"array without items", "labels: {type: object, additionalProperties: {type: string}", "labels: {type: array", `WidgetSpec.labels is an array without items`},
		{"two properties, one Go name", "labels: {", "Size: {type: string, x-proto: 9}\n        labels: {", `WidgetSpec.Size and size are both Size in Go`},
		{"unknown verb", "verbs: [create, get", "verbs: [make, get", `widgets: verbs: "make" is none of create, delete`},
		{"no verbs", "verbs: [create, get, list, watch], ", "", `widgets has no verbs`},
		{"unknown kind", "widgets: {kind: Widget,", "widgets: {kind: Wdget,", `widgets: widgets/v1.yaml has no schema Wdget`},
		{"a kind that is none", "widgets: {kind: Widget,", "widgets: {kind: Part,", `widgets: the schema Part is not a kind`},
		{"kind of an unknown group", "statusKeeps: [labels]", "statusKeeps: [labels], group: nowhere", `no file has the group-version nowhere/v1`},
		{"unknown storage", "storage: v1,", "storage: latest,", `widgets: storage: "latest" is no version`},
		{"storage in no file", "storage: v1,", "storage: core/v1,", `widgets: storage: core/v1.yaml does not have Widget`},
		{"no storage", "storage: v1, ", "", `widgets is written and has no storage`},
		{"no singular", "singular: widget, ", "", `widgets has no singular`},
		{"a short name that is taken", "shortNames: [wd]", "shortNames: [wd, wd2], categories: [all]}\n  gadgets: {kind: Widget, namespaced: true, verbs: [get], singular: wd", `gadgets: "wd" already stands for widgets`},
		{"selectable field that does not exist", "fields: [spec.size]", "fields: [spec.sze]", `widgets: field spec.sze: WidgetSpec has no property sze`},
		{"computed field that is none", "fields: [spec.size]", "fields: [spec.size], computedFields: [x]", `widgets: computed field x is not in fields`},
		{"another name of no field", "fields: [spec.size]", "fields: [spec.size], fieldAliases: {size: spec.sze}", `widgets: size is another name of spec.sze, which is not in fields`},
		{"an error without the field", "fields: [spec.size]", "fields: [spec.size], unknownField: no", `widgets: unknownField does not say which: {field}`},
		{"unknown dependents", "storage: v1,", "storage: v1, dependents: kept,", `widgets: dependents: "kept" is none of orphan, none`},
		{"a warning of nothing", "storage: v1,", "storage: v1, orphanWarning: a,", `widgets: orphanWarning is for a resource whose dependents are orphaned`},
		{"reset of nothing", "storage: v1,", "storage: v1, resetFields: [status],", `widgets: resetFields status: Widget has no property status`},
		{"what is not there", "statusKeeps: [labels]", "resetFields: ['spec.parts[*].size']", `widgets/status: resetFields spec.parts[*].size: Part has no property size`},
		{"an uncached status", "statusKeeps: [labels]", "uncached: true", `widgets/status: uncached belongs to the resource`},
		{"status facts on a resource", "storage: v1,", "storage: v1, statusKeeps: [labels],", `widgets: statusKeeps belongs to subresources`},
		{"resource facts on a status", "statusKeeps: [labels]", "statusKeeps: [labels], storage: v1", `widgets/status: storage belongs to the resource`},
		{"unknown metadata", "statusKeeps: [labels]", "statusKeeps: [name]", `widgets/status: statusKeeps: "name" is none of labels`},
		{"no parent", "widgets/status:", "gadgets/status:", `gadgets/status: there is no row gadgets`},
		{"parent elsewhere", "widgets/status: {kind: Widget, namespaced: true", "widgets/status: {kind: Widget, namespaced: false", `widgets/status is namespaced: false, its parent the other way`},
		{"scale elsewhere", "widgets/scale:", "widgets/size:", `widgets/size: scale belongs to a row named scale`},
		{"scale of nothing", "specReplicas: .spec.count", "specReplicas: .spec.cnt", `widgets/scale: scale: specReplicas .spec.cnt: WidgetSpec has no property cnt`},
		{"parameter of unknown type", "statusKeeps: [labels]", "params: {a: text}", `widgets/status: parameter a has the unknown type "text"`},
		{"unknown method", "statusKeeps: [labels]", "connect: [fetch]", `widgets/status: connect: "fetch" is none of delete`},
		{"columns of nothing", "  Widget: [Name", "  Wdget: [Name", `columns of Wdget, which is no kind of this file (they are Widget)`},
		{"column that leads nowhere", "path: .spec.size}", "path: .spec.sze}", `Widget: column Size: .spec.sze: WidgetSpec has no property sze`},
		{"column of an index on no list", ".spec.parts[0].name", ".spec.size[0].name", `[0] is not on a list`},
		{"column of a field of a value", ".spec.parts[0].name", ".spec.size.name", `name is asked of a value that has no fields`},
		{"column of a text that leads nowhere", "path: .spec.size}", "text: 'a {.spec.size} {.spec.sze}'}", `Widget: column Size: .spec.sze: WidgetSpec has no property sze`},
		{"no preferred version", "preferred: true, ", "", `0 versions of the group "widgets.example.dev" are preferred`},
		{"no version", "version: v1, preferred", "preferred", `a group-version needs a version`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(base, c.old) == 0 {
				t.Fatalf("the base does not have %q", c.old)
			}
			source := strings.Replace(base, c.old, c.new, 1)
			problems := check(t, source)
			for _, p := range problems {
				if strings.Contains(p.Message, c.want) {
					from := strings.Count(base[:strings.Index(base, c.old)], "\n") + 1
					to := from + strings.Count(c.new, "\n")
					if p.File != "widgets/v1.yaml" || p.Line < from || p.Line > to {
						t.Errorf("%s: the fault is in lines %d to %d", p, from, to)
					}
					return
				}
			}
			t.Errorf("nothing about %q in %v", c.want, problems)
		})
	}
}

// TestGroup has the faults that only several versions of a group can have.
func TestGroup(t *testing.T) {
	second := strings.Replace(base, "version: v1, preferred: true", "version: v2", 1)
	second = strings.Replace(second, "storage: v1", "storage: v2", 1)
	for _, p := range check(t, base, second) {
		t.Error(p)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"the same version", "version: v2", "version: v1", "widgets.example.dev/v1 is also in widgets/v1.yaml"},
		{"two preferred", "version: v2", "version: v2, preferred: true", `2 versions of the group "widgets.example.dev" are preferred`},
		{"another order", "groupPriority: 1", "groupPriority: 2", "widgets.example.dev has groupPriority 2 here and 1 in widgets/v1.yaml"},
	} {
		found := false
		for _, p := range check(t, base, strings.Replace(second, c.old, c.new, 1)) {
			found = found || strings.Contains(p.Message, c.want) && p.File == "widgets/v2.yaml" && p.Line == 3
		}
		if !found {
			t.Errorf("%s: nothing about %q", c.name, c.want)
		}
	}
}

// TestModel is the lint of the model itself: its own test, so that a fault shows with its line and not as a failed generation.
func TestModel(t *testing.T) {
	m, err := spec.Load("../../../openapi")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Check(m) {
		t.Error(p)
	}
}
