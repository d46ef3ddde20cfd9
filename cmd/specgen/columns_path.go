package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// pathSource turns a path such as .status.podIPs[0].ip or .spec.containers[*].name into Go that reads it from x.
// Everything on the way that is absent makes the function return nil.
type pathSource struct {
	model spec.Model
	// file and kind are the object's.
	file, kind string
	// before are the statements that must run before expr may be evaluated.
	before string
	expr   string
	// at is the file of prop, the schema of expr; prop is nil for the object itself.
	at   string
	prop spec.M
	// pointer says that expr is a pointer to what prop describes.
	pointer bool
	// many holds the expression before [*]; expr then starts with its element.
	many, suffix string
	variables    int
}

var pathStep = regexp.MustCompile(`^(?:\.([A-Za-z0-9_-]+)|\[([^\]]+)\])`)

// walk checks the path against the schema and builds the expression.
func (v *pathSource) walk(expression string) error {
	v.expr, v.at = "x", v.file
	name := v.kind
	for rest := expression; rest != ""; {
		step := pathStep.FindStringSubmatch(rest)
		if step == nil {
			return fmt.Errorf("path %s: cannot read %q", expression, rest)
		}
		rest = rest[len(step[0]):]
		var err error
		switch {
		case step[2] != "":
			err = v.index(step[2])
		default:
			err = v.field(step[1], name)
		}
		if err != nil {
			return fmt.Errorf("path %s: %w", expression, err)
		}
		name = ""
	}
	if v.prop == nil {
		return fmt.Errorf("path %s names nothing", expression)
	}
	return nil
}

// absent writes that the value is absent when condition holds.
func (v *pathSource) absent(condition string) {
	v.before += fmt.Sprintf("\tif %s {\n\t\treturn nil\n\t}\n", condition)
}

func (v *pathSource) variable() string {
	v.variables++
	return fmt.Sprintf("v%s%d", v.suffix, v.variables)
}

// field goes to a property of a struct, or to a key of a map.
func (v *pathSource) field(property, root string) error {
	if v.prop != nil && v.prop["additionalProperties"] != nil {
		variable := v.variable()
		v.before += fmt.Sprintf("\t%s, ok%[1]s := %s[%q]\n", variable, v.expr, property)
		v.absent("!ok" + variable)
		v.expr, v.prop, v.pointer = variable, element(v.prop), false
		return nil
	}
	name := root
	if name == "" {
		ref, ok := v.prop["$ref"].(string)
		if !ok {
			return fmt.Errorf("%s is not a field of an object", property)
		}
		v.at, name = spec.Ref(ref, v.at)
	}
	schema := v.model[v.at].Schemas[name]
	if schema == nil || schema.Props[property] == nil {
		return fmt.Errorf("%s has no field %s", name, property)
	}
	if v.pointer && v.many != "" {
		return fmt.Errorf("%s may be absent in an element, which [*] cannot say", property)
	}
	if v.pointer {
		v.absent(v.expr + " == nil")
	}
	v.prop = schema.Props[property]
	v.expr += "." + goName(property, v.prop)
	v.pointer = v.prop["x-ptr"] == true
	return nil
}

// index goes to elements of a list: all, one by its position, or the first whose field has a value.
func (v *pathSource) index(which string) error {
	if v.prop == nil || v.prop["items"] == nil || v.many != "" {
		return fmt.Errorf("[%s] is not on a list", which)
	}
	items := element(v.prop)
	v.prop = items
	if which == "*" {
		v.absent("len(" + v.expr + ") == 0")
		v.many, v.expr = v.expr, v.expr+"[i]"
		return nil
	}
	if n, err := strconv.Atoi(which); err == nil {
		v.absent(fmt.Sprintf("len(%s) <= %d", v.expr, n))
		v.expr += fmt.Sprintf("[%d]", n)
		return nil
	}
	field, want, ok := strings.Cut(which, "=")
	ref, isObject := items["$ref"].(string)
	if !ok || !isObject {
		return fmt.Errorf("cannot read [%s]", which)
	}
	at, name := spec.Ref(ref, v.at)
	schema := v.model[at].Schemas[name]
	if schema == nil || schema.Props[field] == nil || schema.Props[field]["type"] != "string" {
		return fmt.Errorf("%s has no text field %s", name, field)
	}
	list, variable := v.expr, v.variable()
	v.before += fmt.Sprintf("\tvar %s *%s\n\tfor i := range %s {\n\t\tif %[3]s[i].%[4]s == %[5]q {\n\t\t\t%[1]s = &%[3]s[i]\n\t\t\tbreak\n\t\t}\n\t}\n",
		variable, qualified(at, name), list, goName(field, schema.Props[field]), want)
	v.absent(variable + " == nil")
	v.expr = variable
	return nil
}

// qualified is the Go name of a schema where all packages of gen/types are imported.
func qualified(file, name string) string {
	if external, ok := spec.External(file, name); ok {
		return external.String()
	}
	return spec.Alias(file) + "." + name
}

// external is the name of the apimachinery type of the value; empty for anything else.
func (v *pathSource) external() string {
	ref, ok := v.prop["$ref"].(string)
	if !ok {
		return ""
	}
	if file, name := spec.Ref(ref, v.at); file == "meta/v1" {
		return name
	}
	return ""
}

// value is the Go function of the path, and the literal of the cell when the value is absent.
func (v *pathSource) value(c column) (code, empty string, err error) {
	kind, expr := v.read(c)
	if want := conversions[c.As].takes; c.Path != "" && !slices.Contains(want, kind) {
		return "", "", fmt.Errorf("%s does not fit the value of %s", firstText(c.As, "a cell"), c.Path)
	}
	empty = firstText(conversions[c.As].empty, map[string]string{"integer": "int64(0)", "boolean": "false"}[kind], `""`)
	if c.Empty != nil {
		empty = fmt.Sprintf("%#v", c.Empty)
	}
	return functionSource(v.file, v.kind, v.before, expr), empty, nil
}

// read says what kind of value the path leads to and gives the expression of the value.
func (v *pathSource) read(c column) (kind, expr string) {
	expr = v.expr
	if v.pointer && !v.isObject() {
		v.absent(expr + " == nil")
		expr = "*" + expr
	}
	external := v.external()
	list, ofTexts := v.prop["items"] != nil || v.prop["additionalProperties"] != nil, element(v.prop)["type"] == "string" && element(v.prop)["format"] != "byte"
	switch {
	case v.many != "" && v.prop["type"] == "string" && v.prop["format"] != "byte":
		v.before += fmt.Sprintf("\tout := make([]string, len(%s))\n\tfor i := range %[1]s {\n\t\tout[i] = string(%[2]s)\n\t}\n", v.many, expr)
		return "texts", "out"
	case v.many != "":
		return "many", expr
	case list && c.As == "count":
		return "count", "int64(len(" + expr + "))"
	case list || v.prop["format"] == "byte":
		v.absent("len(" + expr + ") == 0")
		switch {
		case v.prop["items"] != nil && ofTexts:
			return "texts", expr
		case ofTexts:
			return "labels", expr
		}
		return "list", expr
	case external == "Time" || external == "MicroTime":
		return "time", strings.TrimPrefix(expr, "*") + ".Time"
	case external == "Quantity" || external == "IntOrString":
		return "text", strings.TrimPrefix(expr, "*") + ".String()"
	case v.isObject():
		if v.pointer {
			v.absent(expr + " == nil")
		} else {
			expr = "&" + expr
		}
		return external, expr
	case v.prop["type"] == "integer":
		return "integer", "int64(" + expr + ")"
	case v.prop["type"] == "boolean":
		return "boolean", expr
	}
	if c.Empty != nil && !v.pointer {
		v.absent(expr + ` == ""`)
	}
	return "text", "string(" + expr + ")"
}

func firstText(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// functionSource is a Go function from an object of the kind to a value.
func functionSource(file, kind, before, expr string) string {
	return fmt.Sprintf("func(o runtime.Object) any {\n\tx := o.(*%s)\n%s\treturn %s\n}", qualified(file, kind), before, expr)
}

// isObject says whether the value is a struct and not one of those with a text form.
func (v *pathSource) isObject() bool {
	if _, ok := v.prop["$ref"]; !ok || v.many != "" {
		return false
	}
	switch v.external() {
	case "Time", "MicroTime", "Quantity", "IntOrString":
		return false
	}
	return true
}

// text is the Go expression of the value as text, for the middle of a longer one.
func (v *pathSource) text() (string, error) {
	expr := v.expr
	if v.pointer {
		v.absent(expr + " == nil")
		expr = "*" + expr
	}
	switch {
	case v.many != "":
	case v.prop["type"] == "string":
		return "string(" + expr + ")", nil
	case v.prop["type"] == "integer":
		return "strconv.FormatInt(int64(" + expr + "), 10)", nil
	}
	return "", fmt.Errorf("text is made of texts and integers only")
}
