package widgets

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// TestClients: the file that adds the resource also gives clients of it. For each language there is a program, clients/<language>,
// which creates a widget named like the language, watches it, changes its status, deletes it and prints the events. Its run.sh is
// called with its own folder, in clients/<language> of the extended project.
//
// Go is always there; $CLIENTS names others. $GATEHOUSE_CLIENTS is the folder of the clients of the project itself, where their
// tests have installed what they need.
func TestClients(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Module(root, dir); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "kube-apiserver")
	if err := Go(dir, "build", "-trimpath", "-o", binary, "./cmd/kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	server := harness.StartBinary(t, binary, t.TempDir())
	languages := strings.Fields(os.Getenv("CLIENTS"))
	if len(languages) == 0 {
		languages = []string{"go"}
	}
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			program := filepath.Join(root, "test", "widgets", "clients", language)
			command := exec.Command(filepath.Join(program, "run.sh"), program)
			command.Dir = filepath.Join(dir, "clients", language)
			command.Env = append(os.Environ(), "GATEHOUSE_KUBECONFIG="+server.Kubeconfig(), "GATEHOUSE_CLIENTS="+filepath.Join(root, "clients"))
			var errs bytes.Buffer
			command.Stderr = &errs
			out, err := command.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, out, &errs)
			}
			want := fmt.Sprintf("ADDED %[1]s Green 3 1 false\nMODIFIED %[1]s Green 3 1 true\nDELETED %[1]s Green 3 1 true\n", language)
			if string(out) != want {
				t.Errorf("it prints\n%s\nwant\n%s", out, want)
			}
		})
	}
}
