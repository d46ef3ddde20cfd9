package harness

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// KubectlVariable names the kubectl to use.
const KubectlVariable = "KUBECTL"

// KubectlMinor is the release of kubectl whose words the tests expect. Another one that lies in the path is passed over.
const KubectlMinor = "v1.36."

var kubectl = sync.OnceValues(findKubectl)

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

func findKubectl() (string, error) {
	if os.Getenv(KubectlVariable) == "" {
		if path, err := exec.LookPath("kubectl"); err == nil && strings.HasPrefix(release(path), KubectlMinor) {
			return path, nil
		}
	}
	return findTool("kubectl")
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
