package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// KubectlVariable names the kubectl to use.
const KubectlVariable = "KUBECTL"

// KubectlMinor is the release of kubectl whose words the tests expect. Another one that lies in the path is passed over.
const KubectlMinor = "v1.36."

var kubectl = sync.OnceValues(FindKubectl)

// KubectlBinary is the path of kubectl: the one that $KUBECTL names, that of the path if it has the right release, or one
// built from its module, which is kept for other runs.
func KubectlBinary(t testing.TB) string {
	t.Helper()
	path, err := kubectl()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// FindKubectl is KubectlBinary for programs.
func FindKubectl() (string, error) {
	if path := os.Getenv(KubectlVariable); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("kubectl"); err == nil && strings.HasPrefix(release(path), KubectlMinor) {
		return path, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	return buildKubectl(filepath.Join(root, "test", "harness", "kubectl"))
}

// release is what a kubectl says of itself; nothing if it does not run.
func release(path string) string {
	out, err := exec.Command(path, "version", "--client", "--output=json").Output()
	if err != nil {
		return ""
	}
	var v struct {
		ClientVersion struct {
			GitVersion string `json:"gitVersion"`
		} `json:"clientVersion"`
	}
	if json.Unmarshal(out, &v) != nil {
		return ""
	}
	return v.ClientVersion.GitVersion
}

// buildKubectl builds the module in dir, unless the cache has what it names. Several test processes may do so at once: the
// file appears under its name when it is whole.
func buildKubectl(dir string) (string, error) {
	out, err := exec.Command("go", "-C", dir, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubectl").Output()
	if err != nil {
		return "", fmt.Errorf("release of kubectl: %w", err)
	}
	version := strings.Replace(strings.TrimSpace(string(out)), "v0.", "v1.", 1)
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "kubectl-"+version)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	work, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", fmt.Errorf("folder to build in: %w", err)
	}
	defer os.RemoveAll(work)
	built := filepath.Join(work, "kubectl")
	flags := "-s -w"
	for _, where := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		parts := strings.Split(version, ".")
		flags += fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%[3]s", where, version, parts[1])
	}
	if err := run(dir, "go", "build", "-trimpath", "-ldflags", flags, "-o", built, "."); err != nil {
		return "", err
	}
	if err := os.Rename(built, path); err != nil {
		return "", fmt.Errorf("keep kubectl: %w", err)
	}
	return path, nil
}
