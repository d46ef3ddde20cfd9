package clients

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// Words are descriptions by package and type: under "" that of the type, else of its fields by their names in JSON. What is
// committed has none of them, only the model's own descriptions; packages are built with them.
type Words map[string]map[string]map[string]string

// LinkedWords reads the descriptions from the sources of the modules that the model names (x-models): what their SwaggerDoc
// methods return. It reads sources and links nothing, so a model may name any module of go.mod.
func LinkedWords(m spec.Model) (Words, error) {
	var packages []string
	for _, d := range m {
		if p := d.Models.Package; p != "" && !slices.Contains(packages, p) {
			packages = append(packages, p)
		}
	}
	slices.Sort(packages)
	if len(packages) == 0 {
		return nil, nil
	}
	command := exec.Command("go", append([]string{"list", "-f", "{{.ImportPath}} {{.Dir}}"}, packages...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	words := Words{}
	for line := range strings.Lines(string(out)) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		if words[path], err = packageWords(dir); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return words, nil
}

// of are the words for a field of a schema, or for the schema itself. They stand on one line.
func (w Words) of(d *spec.Doc, schema, field string) string {
	return strings.Join(strings.Fields(w[d.Models.Package][schema][field]), " ")
}

// packageWords are the tables map_<Type> of a package. A type has the words of what it inlines too.
func packageWords(dir string) (map[string]map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	words, inlined := map[string]map[string]string{}, map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			if g, ok := decl.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					readTable(s, words)
					readInlined(s, inlined)
				}
			}
		}
	}
	for name := range words {
		for _, inner := range inlined[name] {
			for field, text := range words[inner] {
				if field != "" && words[name][field] == "" {
					words[name][field] = text
				}
			}
		}
	}
	return words, nil
}

// readTable reads var map_Pod = map[string]string{"spec": "..."}.
func readTable(s ast.Spec, words map[string]map[string]string) {
	v, ok := s.(*ast.ValueSpec)
	if !ok || len(v.Names) != 1 || len(v.Values) != 1 {
		return
	}
	name, ok := strings.CutPrefix(v.Names[0].Name, "map_")
	table, isTable := v.Values[0].(*ast.CompositeLit)
	if !ok || !isTable {
		return
	}
	words[name] = map[string]string{}
	for _, e := range table.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		words[name][literal(pair.Key)] = literal(pair.Value)
	}
}

func literal(e ast.Expr) string {
	b, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(b.Value)
	if err != nil {
		return ""
	}
	return s
}

// readInlined notes the structs of the same package that a struct inlines.
func readInlined(s ast.Spec, inlined map[string][]string) {
	t, ok := s.(*ast.TypeSpec)
	if !ok {
		return
	}
	body, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range body.Fields.List {
		id, ok := f.Type.(*ast.Ident)
		if !ok || f.Tag == nil {
			continue
		}
		tag := reflect.StructTag(literal(f.Tag)).Get("json")
		if strings.Contains(tag, ",inline") {
			inlined[t.Name.Name] = append(inlined[t.Name.Name], id.Name)
		}
	}
}
