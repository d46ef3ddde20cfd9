package house

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// scattered are kinds whose rules were once spread over many packages, with the file that each begins in and the Go types
// that it is made of.
var scattered = []struct {
	file  string
	types *regexp.Regexp
	not   string
}{
	{file: "handlers/kinds/core/service.go", types: regexp.MustCompile(`^corev1\.Service([A-Z]\w*)?$`), not: "corev1.ServiceAccount"},
	{file: "handlers/kinds/networking/ingress.go", types: regexp.MustCompile(`^networkingv1\.(HTTP)?Ingress([A-Z]\w*)?$`), not: "networkingv1.IngressClass"},
	{file: "handlers/kinds/batch/job.go", types: regexp.MustCompile(`^batchv1\.(Job|PodFailure|Success|Uncounted)([A-Z]\w*)?$`), not: "batchv1.JobTemplateSpec"},
}

const filesOfAKind = 4

// clientsOfKinds are rooms that work on objects of kinds and have none of their rules.
var clientsOfKinds = []string{"handlers/admission/", "handlers/aggregator/", "handlers/controllers/", "handlers/quota/"}

// Whoever looks for a rule of a kind finds it in one of a few files: those that are named after the kind, and there are no
// others that know its types.
func TestKindsAreInOnePlace(t *testing.T) {
	files := make([][]string, len(scattered))
	sources(t, func(path string, _ *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/") || strings.HasSuffix(path, "_test.go") || slices.ContainsFunc(clientsOfKinds, func(room string) bool { return strings.HasPrefix(path, room) }) {
			return
		}
		for i, k := range scattered {
			stem := strings.TrimSuffix(k.file, ".go")
			if path == k.file || strings.HasPrefix(path, stem+"_") || uses(f, k.types, k.not) {
				files[i] = append(files[i], path)
			}
		}
	})
	for i, k := range scattered {
		if n := len(files[i]); n > filesOfAKind || !slices.Contains(files[i], k.file) {
			t.Errorf("%s: the kind is spread over %d files, at most %d are allowed: %v", k.file, n, filesOfAKind, files[i])
		}
	}
}

// uses says whether a file names a type.
func uses(f *ast.File, types *regexp.Regexp, not string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return !found
		}
		if x, ok := s.X.(*ast.Ident); ok {
			name := x.Name + "." + s.Sel.Name
			found = found || types.MatchString(name) && (not == "" || !strings.HasPrefix(name, not))
		}
		return !found
	})
	return found
}

// A group's package is what its kinds.go lists: each file there that registers a kind is named after it, and the kind is in
// the list.
func TestKindsAreListed(t *testing.T) {
	registered, listed := map[string][]string{}, map[string]map[string]bool{}
	sources(t, func(path string, _ *token.FileSet, f *ast.File) {
		dir := filepath.Dir(path)
		if filepath.Dir(dir) != "handlers/kinds" || strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					switch lit, ok := value.(*ast.CompositeLit); {
					case !ok:
					case text(lit.Type) == "kind.Kind":
						registered[dir] = append(registered[dir], v.Names[i].Name)
						if names := fileNames(lit); !slices.Contains(names, filepath.Base(path)) {
							t.Errorf("%s registers a kind that belongs into %v", path, names)
						}
					case v.Names[i].Name == "Kinds":
						listed[dir] = map[string]bool{}
						for _, e := range lit.Elts {
							listed[dir][text(e)] = true
						}
						if filepath.Base(path) != "kinds.go" {
							t.Errorf("%s has the list of the group; it belongs into kinds.go", path)
						}
					}
				}
			}
		}
	})
	if len(registered) < 15 {
		t.Fatalf("only %d groups", len(registered))
	}
	for dir, names := range registered {
		for _, name := range names {
			if !listed[dir][name] {
				t.Errorf("%s: %s is not in the list Kinds", dir, name)
			}
		}
	}
}

// fileNames are those that the file of a kind may have: as the kind is called in one of its versions.
func fileNames(registration *ast.CompositeLit) (out []string) {
	for _, e := range registration.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok || text(kv.Key) != "Resource" {
			continue
		}
		lit, ok := kv.Value.(*ast.BasicLit)
		if !ok {
			continue
		}
		for _, row := range resources.Rows {
			if row.Subresource == "" && strconv.Quote(row.Resource) == lit.Value {
				out = append(out, strings.ToLower(row.Kind)+".go")
			}
		}
	}
	return out
}

// text is an identifier, with what it is qualified by.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	}
	return ""
}

// The fields that docs/architecture.md shows the way to are where it says.
func TestDocumentedFieldsAreThere(t *testing.T) {
	doc, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "| field | in the model | in the kind |")
	table, _, _ = strings.Cut(table, "\n\n")
	declared := map[string]map[string]bool{}
	sources(t, func(path string, _ *token.FileSet, f *ast.File) {
		declared[path] = map[string]bool{}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				declared[path][fn.Name.Name] = true
			}
		}
	})
	names := regexp.MustCompile("`[^`]*`")
	fields := 0
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 5 || strings.Contains(cells[1], "---") {
			continue
		}
		fields++
		dir, file := "handlers/kinds", ""
		for _, name := range names.FindAllString(cells[3], -1) {
			name = strings.Trim(name, "`")
			if strings.HasSuffix(name, ".go") {
				if strings.Contains(name, "/") {
					dir = "handlers/kinds/" + filepath.Dir(name)
				}
				if file = filepath.Join(dir, filepath.Base(name)); declared[file] == nil {
					t.Errorf("%s: there is no %s", strings.TrimSpace(cells[1]), file)
				}
				continue
			}
			if !declared[file][name] {
				t.Errorf("%s: there is no %s in %s", strings.TrimSpace(cells[1]), name, file)
			}
		}
	}
	if fields != 10 {
		t.Errorf("%d fields", fields)
	}
}

// Groups know nothing of each other but the core, which has what pods and events of all groups share.
func TestGroupsStandAlone(t *testing.T) {
	shared := []string{"kind", "core", "podspec", "allocate", "structural", "kindtest"}
	const room = module + "handlers/kinds/"
	groups := 0
	for _, p := range packages(t) {
		name, below := strings.CutPrefix(p.ImportPath, room)
		if !below {
			continue
		}
		groups++
		for _, i := range slices.Concat(p.Imports, p.TestImports) {
			if other, ours := strings.CutPrefix(i, room); ours && !slices.Contains(shared, other) {
				t.Errorf("%s imports %s: what they share belongs into one of %v", name, other, shared)
			}
		}
		if slices.Contains(shared, name) && name != "core" && slices.Contains(p.Imports, room+"core") {
			t.Errorf("%s imports a group", name)
		}
	}
	if groups < 20 {
		t.Errorf("only %d groups", groups)
	}
}
