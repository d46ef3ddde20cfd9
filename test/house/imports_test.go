package house

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gatehouse-dev/gatehouse/"

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages are those of the module, with what their files import directly.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 40 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// What the design allows each package to import of ours, by prefix of the import path below the module. A package that is
// not listed may import anything below the rooms it joins.
var allowed = map[string][]string{
	"gen":                         {"gen"},
	"handlers/object":             {},
	"handlers/storage":            {"handlers/storage"},
	"handlers/resource":           {"gen", "handlers/object", "handlers/storage"},
	"handlers/codec":              {"gen", "handlers/object", "handlers/resource"},
	"handlers/kinds":              {"gen", "handlers/authn", "handlers/authz", "handlers/display", "handlers/expression", "handlers/features", "handlers/object", "handlers/resource", "handlers/storage", "handlers/validation"},
	"handlers/display":            {"gen"},
	"handlers/validation":         {"handlers/display", "handlers/object"},
	"handlers/expression":         {},
	"handlers/gzjoin":             {},
	"handlers/h1":                 {"handlers/stream"},
	"handlers/h2":                 {"handlers/stream"},
	"handlers/stream":             {},
	"handlers/fields":             {"gen", "handlers/object", "handlers/resource"},
	"handlers/definitions":        {"gen", "handlers/authz/feed", "handlers/codec", "handlers/fields", "handlers/kinds", "handlers/object", "handlers/resource", "handlers/storage", "handlers/validation"},
	"handlers/definitions/schema": {"gen", "handlers/fields"},
	"handlers/patch":              {"handlers/codec", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/verb":               {"handlers/codec", "handlers/gzjoin", "handlers/object", "handlers/patch", "handlers/pipeline", "handlers/resource", "handlers/storage", "handlers/stream", "handlers/validation", "handlers/write"},
	"handlers/write":              {"handlers/admission", "handlers/authz", "handlers/fields", "handlers/object", "handlers/resource", "handlers/storage", "handlers/validation"},
	"handlers/pipeline":           {"handlers/audit", "handlers/authn", "handlers/authz", "handlers/codec", "handlers/object", "handlers/resource", "handlers/storage", "handlers/stream"},
	"handlers/aggregator":         {"gen", "handlers/authz/feed", "handlers/controllers/queue", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/admission":          {"gen", "handlers/authz", "handlers/codec", "handlers/object", "handlers/quota", "handlers/resource", "handlers/storage", "handlers/webhook"},
	"handlers/quota":              {"gen", "handlers/object"},
	"handlers/metrics":            {"gen", "handlers/authn", "handlers/authz", "handlers/controllers/queue", "handlers/features", "handlers/pipeline", "handlers/resource", "handlers/storage"},
	"handlers/features":           {"gen"},
	"handlers/pki":                {},
	"handlers/health":             {},
	"handlers/docs":               {"gen", "handlers/codec", "handlers/gzjoin", "handlers/object", "handlers/resource"},
	"cmd/specgen":                 {"cmd/specgen"},

	"handlers/controllers/changes":    {"handlers/codec", "handlers/resource", "handlers/storage"},
	"handlers/controllers/emptying":   {"gen", "handlers/codec", "handlers/controllers/changes", "handlers/controllers/queue", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/controllers/garbage":    {"handlers/codec", "handlers/controllers/changes", "handlers/controllers/queue", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/controllers/protection": {"gen", "handlers/codec", "handlers/controllers/changes", "handlers/controllers/queue", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/controllers/queue":      {},
	"handlers/controllers/presence":   {"gen", "handlers/object", "handlers/resource", "handlers/storage"},
	"handlers/controllers/record":     {"gen", "handlers/object", "handlers/resource"},
	"handlers/controllers/repair":     {"gen", "handlers/controllers/record", "handlers/kinds/allocate", "handlers/resource"},
	"handlers/controllers/usage":      {"gen", "handlers/admission/resourcequota", "handlers/controllers/changes", "handlers/controllers/queue", "handlers/object", "handlers/quota", "handlers/resource", "handlers/storage"},
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		rule := ""
		for prefix := range allowed {
			if (name == prefix || strings.HasPrefix(name, prefix+"/")) && len(prefix) > len(rule) {
				rule = prefix
			}
		}
		if rule == "" {
			continue
		}
		for _, i := range p.Imports {
			ours, found := strings.CutPrefix(i, module)
			if !found || ours == rule || strings.HasPrefix(ours, rule+"/") {
				continue
			}
			if !slices.ContainsFunc(allowed[rule], func(a string) bool { return ours == a || strings.HasPrefix(ours, a+"/") }) {
				t.Errorf("%s imports %s, which the table of this test does not allow", name, ours)
			}
		}
	}
}

// Each of these libraries is behind one door, so that replacing it concerns one package.
var doors = map[string][]string{
	"github.com/labstack/echo/v4":             {"handlers"},
	"golang.org/x/net/http2":                  {"handlers/h2"},
	"go.etcd.io/etcd/client/v3":               {"handlers/storage/etcd", "handlers/storage/embedded"},
	"go.etcd.io/etcd/server/v3":               {"handlers/storage/embedded"},
	"github.com/prometheus/client_golang":     {"handlers/metrics"},
	"github.com/swaggo/swag":                  {"handlers/docs"},
	"github.com/go-playground/validator/v10":  {"handlers/validation"},
	"github.com/oapi-codegen/oapi-codegen/v2": {"cmd/specgen", ""},
}

// What this project replaces must not come back in through the cellar.
var forbidden = []string{
	"k8s.io/kubernetes", "k8s.io/client-go", "k8s.io/apiserver/pkg/server", "k8s.io/apiserver/pkg/registry",
	"k8s.io/apiserver/pkg/storage", "k8s.io/apiserver/pkg/endpoints",
}

// leaves are packages of theirs that bring nothing of them along.
var leaves = []string{"k8s.io/client-go/util/jsonpath"}

func TestLibrariesHaveOneDoor(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, strings.TrimSuffix(module, "/")), "/")
		for _, i := range p.Imports {
			for library, users := range doors {
				if (i == library || strings.HasPrefix(i, library+"/")) && !slices.Contains(users, name) && !strings.HasPrefix(name, "test/") {
					t.Errorf("%s imports %s; only %v may", name, i, users)
				}
			}
			for _, f := range forbidden {
				if (i == f || strings.HasPrefix(i, f+"/")) && !slices.Contains(leaves, i) {
					t.Errorf("%s imports %s, which this project replaces", name, i)
				}
			}
		}
	}
}

// The server's types are the generated ones: the published Go types are for tests, for texts and for the library that judges pods, and
// those of discovery, which is no resource, for who says what is there.
func TestPublishedTypesAreAnOracle(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			if i == "k8s.io/api/apidiscovery/v2" && name == "handlers/aggregator" {
				continue
			}
			if strings.HasPrefix(i, "k8s.io/api/") && name != "gen/openapi" && name != "handlers/docs" && name != "handlers/admission/podsecurity" && !strings.HasPrefix(name, "test/") && !strings.HasPrefix(name, "cmd/specdiff") {
				t.Errorf("%s imports %s", name, i)
			}
		}
	}
}

// What starts an etcd for a test of something else takes a store in memory instead. These are about etcd itself: the words
// of its alarm, and what a request costs with the store that servers have.
var withEtcd = []string{"handlers/quota_test.go", "handlers/requests_bench_test.go"}

func TestUnitTestsStartNoEtcd(t *testing.T) {
	sources(t, func(path string, _ *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/") || !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "handlers/storage/") || slices.Contains(withEtcd, path) {
			return
		}
		for _, i := range f.Imports {
			if i.Path.Value == `"`+module+`handlers/storage/embedded"` {
				t.Errorf("%s imports the embedded etcd; the store for tests is handlers/storage/memory", path)
			}
		}
	})
}
