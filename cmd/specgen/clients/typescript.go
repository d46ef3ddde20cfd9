package clients

import (
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// writeTypeScript writes the types of all models, the rows, and the accessors of the client.
func writeTypeScript(groups []Group, out map[string][]byte) error {
	t, err := parse("ts", template.FuncMap{
		"header": func() string { return "// " + Header }, "space": func(g Group) string { return pascal(g.File) },
		"accessor": func(g Group) string { return camel(g.File) }, "property": tsProperty, "type": tsType, "jsdoc": jsdoc,
		"attribute": func(r Resource) string { return camel(r.Plural) }, "strings": tsStrings, "quote": strconv.Quote,
	})
	if err != nil {
		return err
	}
	for file, name := range map[string]string{"models.d.ts": "models.ts.tmpl", "rows.ts": "rows.ts.tmpl", "apis.ts": "apis.ts.tmpl"} {
		if out["ts/src/"+file], err = execute(t, name, groups); err != nil {
			return err
		}
	}
	return nil
}

var tsIdentifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// tsProperty is a property's name, in quotes where it is no identifier.
func tsProperty(name string) string {
	if tsIdentifier.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

var tsTypes = map[string]string{
	String: "string", Quantity: "string", IntOrString: "number | string", Time: "string", MicroTime: "string", Bytes: "string",
	Int32: "number", Int64: "number", Float: "number", Bool: "boolean", Any: "any",
}

func tsType(t Type, file string) string {
	switch t.Kind {
	case Ref:
		if t.File == file {
			return t.Model
		}
		return pascal(t.File) + "." + t.Model
	case List:
		inner := tsType(*t.Of, file)
		if strings.Contains(inner, "|") {
			inner = "(" + inner + ")"
		}
		return inner + "[]"
	case Map:
		return "{ [key: string]: " + tsType(*t.Of, file) + " }"
	}
	return tsTypes[t.Kind]
}

// jsdoc writes words so that nothing in them ends the comment.
func jsdoc(indent, words string) string {
	if words == "" {
		return ""
	}
	lines := wrap(strings.ReplaceAll(words, "*/", "*\\/"), 112-len(indent))
	if len(lines) == 1 {
		return indent + "/** " + lines[0] + " */\n"
	}
	return indent + "/**\n" + indent + " * " + strings.Join(lines, "\n"+indent+" * ") + "\n" + indent + " */\n"
}

func tsStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
