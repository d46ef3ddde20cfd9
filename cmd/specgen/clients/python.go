package clients

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// writePython writes a module of models for each group-version, the rows, and the accessors of both clients.
func writePython(groups []Group, out map[string][]byte) error {
	t, err := parse("python", template.FuncMap{
		"header": func() string { return "# " + Header }, "module": func(g Group) string { return base(g.File) },
		"class": func(g Group) string { return pascal(g.File) }, "attribute": pythonName, "row": rowConstant, "moduleOf": base,
		"snake": snake, "docstring": docstring, "default": pythonValue, "table": pythonTable, "strings": pythonStrings,
		"type":    pythonField,
		"imports": pythonImports, "builtins": shadowsBuiltins, "quote": strconv.Quote,
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if out["python/gatehouse/models/"+base(g.File)+".py"], err = execute(t, "models.py.tmpl", g); err != nil {
			return err
		}
	}
	for file, name := range map[string]string{
		"models/__init__.py": "init.py.tmpl", "rows.py": "rows.py.tmpl", "apis.py": "apis.py.tmpl", "aio_apis.py": "aio_apis.py.tmpl",
	} {
		if out["python/gatehouse/"+file], err = execute(t, name, groups); err != nil {
			return err
		}
	}
	return nil
}

// rowConstant is the name of a row where rows are constants: CORE_V1_CONFIG_MAPS.
func rowConstant(g Group, r Resource) string {
	return strings.ToUpper(base(g.File) + "_" + snake(r.Plural))
}

var pythonKeywords = words(`and as assert async await break class continue def del elif else except finally for from global if
	import in is lambda nonlocal not or pass raise return try while with yield`)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

// pythonName is a field's attribute.
func pythonName(name string) string {
	a := snake(name)
	if pythonKeywords[a] {
		return a + "_"
	}
	return a
}

// docstring writes words so that nothing in them ends the string or escapes.
func docstring(indent, words string) string {
	if words == "" {
		return ""
	}
	words = strings.ReplaceAll(strings.ReplaceAll(words, `\`, `\\`), `"""`, `'''`)
	lines := wrap(words, 116-len(indent))
	if last := lines[len(lines)-1]; strings.HasSuffix(last, `"`) {
		lines[len(lines)-1] = last[:len(last)-1] + `\"`
	}
	return indent + `"""` + strings.Join(lines, "\n"+indent) + `"""` + "\n"
}

// pythonAlways says whether a field is never None: metadata, spec and status of a kind are made when they are asked for.
func pythonAlways(m Model, f Field) bool {
	return m.Kind != "" && f.Type.Kind == Ref && (f.Name == "metadata" || f.Name == "spec" || f.Name == "status")
}

// pythonField is the annotation of a field.
func pythonField(g Group, m Model, f Field) string {
	if pythonAlways(m, f) {
		return pythonType(g, m, f.Type)
	}
	return pythonType(g, m, f.Type) + " | None"
}

// pythonValue is what stands for a field in the class.
func pythonValue(m Model, f Field) string {
	if pythonAlways(m, f) {
		return "ALWAYS"
	}
	return pythonDefault(m, f)
}

// pythonDefault is what a field has when nothing was said: kinds know what they are.
func pythonDefault(m Model, f Field) string {
	switch {
	case m.Kind != "" && f.Name == "kind":
		return strconv.Quote(m.Kind)
	case m.Kind != "" && f.Name == "apiVersion":
		return strconv.Quote(m.APIVersion)
	}
	return "None"
}

var pythonTypes = map[string]string{
	String: "str", Quantity: "str", IntOrString: "int | str", Time: "datetime", MicroTime: "MicroTime", Bytes: "bytes",
	Int32: "int", Int64: "int", Float: "float", Bool: "bool", Any: "Any",
}

// pythonType is the annotation of a type. In a model with a field named like a builtin, that builtin has to be told from it.
func pythonType(g Group, m Model, t Type) string {
	b := ""
	if shadowsBuiltins(m) {
		b = "builtins."
	}
	switch t.Kind {
	case Ref:
		if t.File == g.File {
			return t.Model
		}
		return base(t.File) + "." + t.Model
	case List:
		return b + "list[" + pythonType(g, m, *t.Of) + "]"
	case Map:
		return b + "dict[" + b + "str, " + pythonType(g, m, *t.Of) + "]"
	case IntOrString:
		return b + "int | " + b + "str"
	case Time, MicroTime, Any:
		return pythonTypes[t.Kind]
	}
	return b + pythonTypes[t.Kind]
}

var builtinNames = words("int str bool bytes float list dict")

// shadowsBuiltins says whether a field of a model has the name of a type that its annotations use.
func shadowsBuiltins(m Model) bool {
	return slices.ContainsFunc(m.Fields, func(f Field) bool { return builtinNames[pythonName(f.Name)] })
}

// pythonImports are the modules of models that a module's annotations name.
func pythonImports(g Group) []string {
	used := map[string]bool{}
	for _, m := range g.Models {
		for _, f := range m.Fields {
			f.Type.walk(func(t Type) {
				if t.Kind == Ref && t.File != g.File {
					used[base(t.File)] = true
				}
			})
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// pythonTable says of each field, by its name in JSON, what its attribute is and how its value is read: nothing to do, a
// time (t), a time with microseconds (u), bytes (b), a model (module.Class), a list ([) or a map ({) of them.
func pythonTable(m Model) string {
	var b strings.Builder
	for _, f := range m.Fields {
		code := pythonCode(f.Type)
		reader := "None"
		if code != "" {
			reader = strconv.Quote(code)
		}
		fmt.Fprintf(&b, "        %q: (%q, %s),\n", f.Name, pythonName(f.Name), reader)
	}
	return b.String()
}

func pythonCode(t Type) string {
	switch t.Kind {
	case Time:
		return "t"
	case MicroTime:
		return "u"
	case Bytes:
		return "b"
	case Ref:
		return base(t.File) + "." + t.Model
	case List, Map:
		inner := pythonCode(*t.Of)
		if inner == "" {
			return ""
		}
		return map[string]string{List: "[", Map: "{"}[t.Kind] + inner
	}
	return ""
}

// pythonStrings is a tuple of strings.
func pythonStrings(list []string) string {
	if len(list) == 0 {
		return "()"
	}
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%q, ", s)
	}
	s := b.String()
	if len(list) > 1 {
		s = strings.TrimSuffix(s, ", ")
	} else {
		s = strings.TrimSuffix(s, " ")
	}
	return "(" + s + ")"
}
