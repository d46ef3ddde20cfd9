package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tool is a program that tests run, built from its module where it is missing. All of them are in one module beside ours, with one
// list of requirements: so they share most of their packages when they are built, and our own module does not grow.
type tool struct {
	// variable names a program of the user's to run instead.
	variable string
	// module is where the program is from, and pkg its main package.
	module, pkg string
	// version is what the program calls itself, of the version of its module; nil for that itself.
	version func(module string) string
	// set are the variables of the program that get the version.
	set []string
}

// programs is the folder of the module that requires all tools.
const programs = "test/harness/programs"

var tools = map[string]tool{
	"kubectl": {
		variable: KubectlVariable, module: "k8s.io/kubectl", pkg: "./kubectl",
		version: func(module string) string { return strings.Replace(module, "v0.", "v1.", 1) },
		set:     []string{"k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"},
	},
	"helm3": {variable: "HELM3", module: "helm.sh/helm/v3", pkg: "helm.sh/helm/v3/cmd/helm", set: []string{"helm.sh/helm/v3/internal/version.version"}},
	"helm4": {variable: "HELM4", module: "helm.sh/helm/v4", pkg: "helm.sh/helm/v4/cmd/helm", set: []string{"helm.sh/helm/v4/internal/version.version"}},
}

// Tool is the path of a tool that was built before. Where it is missing the test is skipped, but on CI it fails: there .ci/run
// builds it.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := BuiltTool(name)
	switch {
	case errors.Is(err, os.ErrNotExist) && os.Getenv("CI") == "":
		t.Skipf("no %[1]s here; `make %[1]s` builds it", name)
	case err != nil:
		t.Fatalf("%s: %v", name, err)
	}
	return path
}

// FindTool is the path of a tool: the one that its variable names, or one that is built and kept for other runs.
func FindTool(name string) (string, error) {
	if name == "kubectl" {
		return kubectl()
	}
	return findTool(name)
}

func findTool(name string) (string, error) {
	path, err := BuiltTool(name)
	if !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	return path, buildTool(name, path)
}

// BuiltTool is FindTool without building anything. The error for a tool that is missing is os.ErrNotExist.
func BuiltTool(name string) (string, error) {
	t, known := tools[name]
	if !known {
		return "", fmt.Errorf("no tool has this name")
	}
	if path := os.Getenv(t.variable); path != "" {
		return path, nil
	}
	release, err := t.release()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, name+"-"+release)
	_, err = os.Stat(path)
	return path, err
}

// release is what the tool of the required version calls itself. The file is read and go not asked, which might need the network.
func (t *tool) release() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	file := filepath.Join(root, programs, "go.mod")
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("versions of tools: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == t.module {
			if t.version != nil {
				return t.version(words[1]), nil
			}
			return words[1], nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", file, t.module)
}

// buildTool builds a tool at path. Several test processes may do so at once: the file appears when it is whole.
func buildTool(name, path string) error {
	t := tools[name]
	root, err := Root()
	if err != nil {
		return err
	}
	release, err := t.release()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(path), "build-")
	if err != nil {
		return fmt.Errorf("folder to build in: %w", err)
	}
	defer os.RemoveAll(work)
	built := filepath.Join(work, name)
	flags := "-s -w"
	minor := strings.Split(release, ".")[1]
	for _, variable := range t.set {
		flags += fmt.Sprintf(" -X %s=%s", variable, release)
		if where, ok := strings.CutSuffix(variable, ".gitVersion"); ok {
			flags += fmt.Sprintf(" -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%[2]s", where, minor)
		}
	}
	if err := run(filepath.Join(root, programs), "go", "build", "-trimpath", "-ldflags", flags, "-o", built, t.pkg); err != nil {
		return err
	}
	if err := os.Rename(built, path); err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}
