package harness

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServer(t *testing.T) {
	s := Start(t)
	if err := s.Ready(s.Client("")); err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{AdminToken: http.StatusOK, UserToken: http.StatusForbidden, "": http.StatusForbidden, "unknown": http.StatusUnauthorized} {
		answer, err := s.Client(token).Get(s.URL + "/api/v1/namespaces")
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != want {
			t.Errorf("token %q: %d, want %d", token, answer.StatusCode, want)
		}
	}
	k := s.Kubectl()
	if out := k.OK("get", "namespace", "default", "--output=name"); out != "namespace/default\n" {
		t.Errorf("kubectl says %q", out)
	}
	if out := k.Fails("get", "namespace", "missing"); !strings.Contains(out, "not found") {
		t.Errorf("kubectl complains %q", out)
	}
	before := s.Pid()
	s.Kill()
	s.Restart()
	if s.Pid() == before || k.Run("", "get", "namespaces").Code != 0 {
		t.Error("it did not start again")
	}
}

func TestRefused(t *testing.T) {
	if out := Refused(t, "--data-dir="+t.TempDir(), "--secure-port=70000"); !strings.Contains(out, "--secure-port") {
		t.Errorf("it says %q", out)
	}
}

// Old builds go, newest last.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	names := []string{"b-3", "b-1", "b-5", "b-2", "b-4", "b-6"}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(name[2])*1000, 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := forget(dir, "b-*"); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if got := strings.Join(left, " "); got != "b-3 b-4 b-5 b-6" {
		t.Errorf("left are %s", got)
	}
}

// Every tool is required in a version, and a variable names another.
func TestTools(t *testing.T) {
	for name, begins := range map[string]string{"kubectl": KubectlMinor, "helm3": "v3.", "helm4": "v4."} {
		tool := tools[name]
		if release, err := tool.release(); err != nil || !strings.HasPrefix(release, begins) {
			t.Errorf("%s is %s, %v", name, release, err)
		}
		t.Setenv(tool.variable, "/mine/"+name)
		if path, err := BuiltTool(name); err != nil || path != "/mine/"+name {
			t.Errorf("%s: %s, %v", name, path, err)
		}
	}
	if path, err := FindTool("helm2"); err == nil {
		t.Errorf("helm2 is %s", path)
	}
}
