package widgets

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// use is a program that lives in the extended module and uses what was generated: if a table lacks the resource, it says so.
const use = `package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	widgetsv1 "github.com/gatehouse-dev/gatehouse/gen/types/widgets/v1"
	"github.com/gatehouse-dev/gatehouse/gen/columns"
	"github.com/gatehouse-dev/gatehouse/gen/openapi"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/gen/routes"
)

type router map[string]bool

func (r router) Route(action routes.Action, method, path, row string) { r[string(action)+" "+row] = true }

func main() {
	gvk := schema.GroupVersionKind{Group: "widgets.example.dev", Version: "v1", Kind: "Widget"}
	w := &widgetsv1.Widget{Spec: widgetsv1.WidgetSpec{Parts: []widgetsv1.WidgetPart{{Name: "a"}}}}
	w.SetDefaults()
	b, err := json.Marshal(w.DeepCopyObject())
	if err != nil {
		panic(err)
	}
	fmt.Println(string(b))
	rows := 0
	for _, r := range resources.Rows {
		if r.Group == gvk.Group {
			rows++
		}
	}
	r := router{}
	routes.Register(r)
	document, err := openapi.V3(gvk.Group, gvk.Version)
	if err != nil {
		panic(err)
	}
	fmt.Println(rows, resources.Kinds[gvk] != nil, len(columns.Kinds[gvk]), r["watch widgets.example.dev/v1/widgets"], strings.Contains(string(document), "dev.example.widgets.v1.Widget"))
}
`

const want = `{"metadata":{},"spec":{"colour":"Green","size":3,"parts":[{"name":"a","count":1}]},"status":{}}
2 true 5 true true
`

// TestModule adds the resource and builds everything that is generated, then runs a program on it.
func TestModule(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Module(root, dir); err != nil {
		t.Fatal(err)
	}
	if err := Go(dir, "build", "-trimpath", "./gen/..."); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "cmd", "use", "main.go")
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte(use), 0o644); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "use")
	if err := Go(dir, "build", "-trimpath", "-o", binary, "./cmd/use"); err != nil {
		t.Fatal(err)
	}
	b, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestFault breaks the file: the generator must name the line, and write nothing.
func TestFault(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	whole := Spec
	defer func() { Spec = whole }()
	Spec = []byte(strings.Replace(string(whole), "default: Green", "default: Pink", 1))
	err = Module(root, dir)
	line := 1 + strings.Count(string(whole[:strings.Index(string(whole), "default: Green")]), "\n")
	if message := "openapi/widgets/v1.yaml:" + strconv.Itoa(line) + ": "; err == nil || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want something about %s", err, message)
	}
	if _, err := os.Stat(filepath.Join(dir, "gen")); !os.IsNotExist(err) {
		t.Errorf("a faulty model was generated: %v", err)
	}
}
