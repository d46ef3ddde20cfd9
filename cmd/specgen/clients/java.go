package clients

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

const javaRoot = "java/src/main/java/dev/gatehouse/client/"

// writeJava writes a class for each group with the models in it, the rows, and the accessors of the client. Java wants a file for
// each class that is not inside another; a file for each model would be as many as the whole repository has.
func writeJava(groups []Group, out map[string][]byte) error {
	t, err := parse("java", template.FuncMap{
		"header": func() string { return "// " + Header }, "models": javaModels, "class": func(g Group) string { return pascal(g.File) },
		"accessor": func(g Group) string { return camel(g.File) }, "method": func(r Resource) string { return javaWord(camel(r.Plural)) },
		"row": rowConstant, "type": javaType, "member": func(f Field) string { return javaWord(field(f.Name)) }, "getter": javaGetter,
		"default": javaDefault, "javadoc": javadoc, "imports": javaImports, "strings": javaStrings, "quote": strconv.Quote,
		"renamed": func(f Field) bool { return javaWord(field(f.Name)) != f.Name }, "object": javaObject,
	})
	if err != nil {
		return err
	}
	// A list needs no class: the runtime's Page is one of every resource.
	listed := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.Resources {
			listed[r.ListKind+" "+strings.TrimPrefix(g.Group+"/"+g.Version, "/")] = true
		}
	}
	for _, g := range groups {
		g.Models = slices.DeleteFunc(slices.Clone(g.Models), func(m Model) bool { return listed[m.Name+" "+m.APIVersion] })
		if len(g.Models) == 0 {
			continue
		}
		name := javaRoot + "models/" + pascal(g.File) + ".java"
		if out[name], err = execute(t, "Models.java.tmpl", g); err != nil {
			return err
		}
	}
	for _, name := range []string{"Rows.java", "Apis.java"} {
		if out[javaRoot+name], err = execute(t, name+".tmpl", groups); err != nil {
			return err
		}
	}
	return nil
}

var javaKeywords = words(`abstract assert boolean break byte case catch char class const continue default do double else enum extends
	final finally float for goto if implements import instanceof int interface long native new package private protected public return
	short static strictfp super switch synchronized this throw throws transient try void volatile while true false null
	wait notify notifyAll`)

func javaWord(s string) string {
	if javaKeywords[s] {
		return s + "_"
	}
	return s
}

// javaModels is the class that has the models of a file.
func javaModels(file string) string { return "dev.gatehouse.client.models." + pascal(file) }

// javaGetter is the name of a field's getter; that of class is taken.
func javaGetter(f Field) string {
	name := "get" + title(field(f.Name))
	if name == "getClass" {
		return "getClass_"
	}
	return name
}

var javaTypes = map[string]string{
	String: "String", Quantity: "Quantity", IntOrString: "IntOrString", Time: "Instant", MicroTime: "MicroTime", Bytes: "byte[]",
	Int32: "Integer", Int64: "Long", Float: "Double", Bool: "Boolean", Any: "JsonElement",
}

func javaType(t Type, file string) string {
	switch t.Kind {
	case Ref:
		if t.File == file {
			return t.Model
		}
		return pascal(t.File) + "." + t.Model
	case List:
		return "List<" + javaType(*t.Of, file) + ">"
	case Map:
		return "Map<String, " + javaType(*t.Of, file) + ">"
	}
	return javaTypes[t.Kind]
}

// javaImports are the classes that the models of a group need, and nothing else.
func javaImports(g Group) []string {
	classes := map[string]string{
		Quantity: "dev.gatehouse.client.Quantity", IntOrString: "dev.gatehouse.client.IntOrString", Time: "java.time.Instant",
		MicroTime: "dev.gatehouse.client.MicroTime", Any: "com.google.gson.JsonElement", List: "java.util.List", Map: "java.util.Map",
	}
	var used []string
	for _, m := range g.Models {
		if javaObject(m) {
			used = append(used, "dev.gatehouse.client.ApiObject")
		} else {
			used = append(used, "dev.gatehouse.client.Model")
		}
		for _, f := range m.Fields {
			if javaWord(field(f.Name)) != f.Name {
				used = append(used, "com.google.gson.annotations.SerializedName")
			}
			f.Type.walk(func(t Type) {
				if c := classes[t.Kind]; c != "" {
					used = append(used, c)
				}
			})
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// javaObject says whether a model is an object with metadata, which code for all kinds can work on.
func javaObject(m Model) bool {
	return m.Kind != "" && slices.ContainsFunc(m.Fields, func(f Field) bool {
		return f.Name == "metadata" && f.Type.Kind == Ref && f.Type.Model == "ObjectMeta"
	})
}

func javaDefault(m Model, f Field) string {
	if d := pythonDefault(m, f); d != "None" {
		return " = " + d
	}
	return ""
}

// javadoc writes words so that nothing in them ends the comment or is read as a tag or an escape.
func javadoc(indent, words string) string {
	if words == "" {
		return ""
	}
	words = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, "&#92;", "*/", "*&#47;", "@", "&#64;").Replace(words)
	lines := wrap(words, 112-len(indent))
	if len(lines) == 1 {
		return fmt.Sprintf("%s/** %s */\n", indent, lines[0])
	}
	return indent + "/**\n" + indent + " * " + strings.Join(lines, "\n"+indent+" * ") + "\n" + indent + " */\n"
}

func javaStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "List.of(" + strings.Join(quoted, ", ") + ")"
}
