package clients

import (
	"fmt"
	"go/format"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

// GoModule is the import path of the Go client.
const GoModule = "github.com/gatehouse-dev/gatehouse/clients/go"

// writeGo writes the types of each group-version, their copies, and its rows.
func writeGo(groups []Group, types, deepCopies map[string]string, out map[string][]byte) error {
	t, err := parse("go", template.FuncMap{"rowName": goRowName, "strings": goStrings, "kinds": kinds,
		"alias": func(g Group) string { return strings.ReplaceAll(g.File, "/", "") },
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if types[g.File] == "" {
			continue // meta/v1: apimachinery's own types
		}
		rows, err := execute(t, "rows.go.tmpl", g)
		if err != nil {
			return err
		}
		for name, source := range map[string]string{
			"types.gen.go":    goTypes(g, types[g.File]),
			"deepcopy.gen.go": goDeepCopy(deepCopies[g.File]),
			"rows.gen.go":     string(rows),
		} {
			file := path.Join("go/types", g.File, name)
			b, err := format.Source([]byte("// " + Header + "\n\n" + source))
			if err != nil {
				return fmt.Errorf("%s does not parse: %w", file, err)
			}
			out[file] = b
		}
	}
	withTypes := slices.DeleteFunc(slices.Clone(groups), func(g Group) bool { return types[g.File] == "" })
	all, err := execute(t, "all.go.tmpl", withTypes)
	if err != nil {
		return err
	}
	b, err := format.Source(append([]byte("// "+Header+"\n\n"), all...))
	if err != nil {
		return fmt.Errorf("all.gen.go does not parse: %w", err)
	}
	out["go/types/all.gen.go"] = b
	return nil
}

var (
	serverTags  = regexp.MustCompile(`(?: ?(?:validate|update):"(?:[^"\\]|\\.)*")+`)
	goStruct    = regexp.MustCompile(`^type (\w+) struct \{$`)
	goJSONName  = regexp.MustCompile("`json:\"([^,\"]+)")
	importStart = regexp.MustCompile(`(?m)^import \(\n`)
)

// goTypes makes the client's types of the server's: without the tags by which the server checks, with a field for what a newer
// server sends besides, and with comments.
func goTypes(g Group, source string) string {
	models := map[string]Model{}
	for _, m := range g.Models {
		models[m.Name] = m
	}
	var b strings.Builder
	var current Model
	inside := false
	for line := range strings.SplitSeq(source, "\n") {
		if m := goStruct.FindStringSubmatch(line); m != nil {
			current, inside = models[m[1]], true
			comment(&b, "", m[1], current.Words)
			b.WriteString(line + "\n")
			continue
		}
		if inside && line == "}" {
			inside = false
			b.WriteString("\t// Unknown has the fields that this version of the client does not know.\n\tUnknown kube.Unknown `json:\"-\"`\n")
		}
		if m := goJSONName.FindStringSubmatch(line); inside && m != nil {
			for _, f := range current.Fields {
				if f.Name == m[1] {
					comment(&b, "\t", "", f.Words)
				}
			}
		}
		b.WriteString(line + "\n")
	}
	return goImports(serverTags.ReplaceAllString(b.String(), ""))
}

// comment writes words as a comment; those of a type begin with its name.
func comment(b *strings.Builder, indent, name, words string) {
	if words == "" {
		return
	}
	if name != "" && !strings.HasPrefix(words, name+" ") {
		words = name + ": " + words
	}
	for _, line := range wrap(words, 120) {
		b.WriteString(indent + "// " + line + "\n")
	}
}

// goDeepCopy makes the client's copies of the server's. What is unknown is copied with the rest.
func goDeepCopy(source string) string {
	source = strings.ReplaceAll(source, "\t*out = *in\n", "\t*out = *in\n\tout.Unknown = in.Unknown.Clone()\n")
	return strings.ReplaceAll(source, serverTypes, clientTypes)
}

const (
	serverTypes = "github.com/gatehouse-dev/gatehouse/gen/types/"
	clientTypes = GoModule + "/types/"
)

// goImports adds the runtime to a file's imports.
func goImports(source string) string {
	source = strings.ReplaceAll(source, serverTypes, clientTypes)
	if !strings.Contains(source, "kube.Unknown") {
		return source
	}
	line := fmt.Sprintf("\tkube %q\n", GoModule)
	if importStart.MatchString(source) {
		return importStart.ReplaceAllString(source, "import (\n"+line)
	}
	return regexp.MustCompile(`(?m)^package \w+\n`).ReplaceAllString(source, "${0}\nimport (\n"+line+")\n")
}

// goRowName is the variable that has a row: the plural of its kind, unless a type has that name.
func goRowName(g Group, r Resource) string {
	if slices.ContainsFunc(g.Models, func(m Model) bool { return m.Name == r.Plural }) {
		return r.Plural + "Resource"
	}
	return r.Plural
}

// goStrings is a literal list of strings.
func goStrings(list []string) string { return fmt.Sprintf("%#v", list) }

// kinds are the names of a group's kinds.
func kinds(g Group) []string {
	names := map[string]bool{}
	for _, m := range g.Models {
		if m.Kind != "" {
			names[m.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
