package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

const columnsModel = `openapi: 3.0.3
info: {title: made/v1, version: v1}
x-kubernetes-group-version: {group: made.example.dev, version: v1, groupPriority: 1}
x-kubernetes-columns:
  Made:
  - COLUMN
paths: {}
components:
  schemas:
    Made:
      type: object
      x-kind: true
      properties:
        size: {type: integer, format: int32}
        label: {type: string}
        part: {$ref: '#/components/schemas/Part', x-ptr: true}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
        marks: {type: object, additionalProperties: {type: string}}
    Part:
      type: object
      properties:
        name: {type: string}
        weight: {type: integer, format: int64, x-ptr: true}
`

// generateColumns runs the generator on a model with one column and returns the generated table.
func generateColumns(t *testing.T, column string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "made", "v1.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(columnsModel, "COLUMN", column, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	model, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := output{}
	err = writeColumns(model, out)
	return strings.Join(strings.Fields(string(out["columns/kinds.gen.go"])), " "), err
}

func TestColumnSource(t *testing.T) {
	for _, c := range []struct{ column, want string }{
		{`{name: A, path: .size}`, `Empty: int64(0), Value: func(o runtime.Object) any { x := o.(*madev1.Made) return int64(x.Size) }`},
		{`{name: A, path: .label, empty: none}`, `Empty: "none", Value: func(o runtime.Object) any { x := o.(*madev1.Made) if x.Label == "" { return nil } return string(x.Label) }`},
		{`{name: A, path: .part.weight}`, `if x.Part == nil { return nil } if x.Part.Weight == nil { return nil } return int64(*x.Part.Weight) }`},
		{`{name: A, path: '.parts[1].name'}`, `if len(x.Parts) <= 1 { return nil } return string(x.Parts[1].Name) }`},
		{`{name: A, path: '.parts[name=a].name'}`, `var v1 *madev1.Part for i := range x.Parts { if x.Parts[i].Name == "a" { v1 = &x.Parts[i] break } } if v1 == nil { return nil } return string(v1.Name) }`},
		{`{name: A, path: '.parts[*].name', as: join}`, `As: Join, Empty: "", Value: func(o runtime.Object) any { x := o.(*madev1.Made) if len(x.Parts) == 0 { return nil } out := make([]string, len(x.Parts)) for i := range x.Parts { out[i] = string(x.Parts[i].Name) } return out }`},
		{`{name: A, path: .parts, as: count}`, `return int64(len(x.Parts)) }`},
		{`{name: A, path: .marks.color}`, `v1, okv1 := x.Marks["color"] if !okv1 { return nil } return string(v1) }`},
		{`{name: A, priority: 1, text: '{.label}: {.part.weight}kg', empty: '-'}`, `Priority: 1, Empty: "-", Value: func(o runtime.Object) any { x := o.(*madev1.Made) if x.Part == nil { return nil } if x.Part.Weight == nil { return nil } return string(x.Label) + ": " + strconv.FormatInt(int64(*x.Part.Weight), 10) + "kg" }`},
		{`{name: A, func: f, of: [.part, .parts]}`, `Func: "f", Of: []func(runtime.Object) any{func(o runtime.Object) any { x := o.(*madev1.Made) if x.Part == nil { return nil } return x.Part }, func(o runtime.Object) any { x := o.(*madev1.Made) if len(x.Parts) == 0 { return nil } return x.Parts }}`},
		{`{hidden: true, path: .label}`, `Hidden: true`},
	} {
		got, err := generateColumns(t, c.column)
		if err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v\n%s\nhas not\n%s", c.column, err, got, c.want)
		}
	}
}

// A fault of the model names the file, the kind and the column.
func TestColumnFaults(t *testing.T) {
	for _, c := range []struct{ column, want string }{
		{`{name: A, path: .shape}`, `openapi/made/v1.yaml: x-kubernetes-columns: Made: column "A": path .shape: Made has no field shape`},
		{`{name: A, path: .part.height}`, `column "A": path .part.height: Part has no field height`},
		{`{name: A, path: .size.unit}`, `unit is not a field of an object`},
		{`{name: A, path: 'size'}`, `cannot read "size"`},
		{`{name: A, path: '.label[0]'}`, `[0] is not on a list`},
		{`{name: A, path: '.parts[color=red].name'}`, `Part has no text field color`},
		{`{name: A, path: '.parts[weight=1].name'}`, `Part has no text field weight`},
		{`{name: A, path: '.parts[*].weight', as: join}`, `join does not fit the value of .parts[*].weight`},

		{`{name: A, path: .size, as: count}`, `count does not fit the value of .size`},
		{`{name: A, path: .size, as: age}`, `age does not fit the value of .size`},
		{`{name: A, path: .parts}`, `column "A": a cell does not fit the value of .part`},
		{`{name: A, path: .part}`, `column "A": a cell does not fit the value of .part`},
		{`{name: A, text: '{.parts}'}`, `text is made of texts and integers only`},
		{`{name: A, text: '{.label'}`, `has a brace without its end`},
		{`{name: A}`, `column A needs exactly one of path, text and func`},
		{`{name: A, path: .size, func: f}`, `column A needs exactly one of path, text and func`},
		{`{name: A, path: .size, of: [.size]}`, `column A has of without func`},
		{`{name: A, func: f, as: age}`, `column A has as without path`},
		{`{name: A, path: .size, as: roman}`, `unknown as: roman`},
		{`{name: A, path: .size, width: 3}`, `unknown key "width"`},
		{`{path: .size}`, `a column has no name`},
		{`Size`, `"Size" is not a standard column`},
	} {
		_, err := generateColumns(t, c.column)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.column, err, c.want)
		}
	}
}
