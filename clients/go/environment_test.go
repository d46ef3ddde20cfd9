package kube_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
)

// environment is a running server: that of the caller, or one of our own that ends with the tests.
type environment struct {
	kubeconfig, control, golden string
}

var (
	startOnce sync.Once
	running   environment
	startErr  error
	stopOwn   = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopOwn()
	os.Exit(code)
}

// server is the server of the tests, started when it is first asked for.
func server(t testing.TB) environment {
	t.Helper()
	startOnce.Do(func() { running, startErr = start() })
	if startErr != nil {
		t.Fatal(startErr)
	}
	return running
}

// start finds the server in the environment, or has the module around this one start it.
func start() (environment, error) {
	vars := map[string]string{}
	for _, name := range []string{"GATEHOUSE_KUBECONFIG", "GATEHOUSE_CONTROL", "GATEHOUSE_GOLDEN"} {
		vars[name] = os.Getenv(name)
	}
	if vars["GATEHOUSE_KUBECONFIG"] == "" {
		command := exec.Command("go", "run", "./test/clients")
		command.Dir = "../.."
		command.Stderr = os.Stderr
		in, err := command.StdinPipe()
		if err != nil {
			return environment{}, err
		}
		out, err := command.StdoutPipe()
		if err != nil {
			return environment{}, err
		}
		if err := command.Start(); err != nil {
			return environment{}, err
		}
		stopOwn = func() {
			in.Close() // it ends when nobody needs it any more
			_ = command.Wait()
		}
		lines := bufio.NewScanner(out)
		for range vars {
			if !lines.Scan() {
				return environment{}, fmt.Errorf("the server does not start: %w", command.Wait())
			}
			name, value, _ := strings.Cut(lines.Text(), "=")
			vars[name] = value
		}
	}
	return environment{vars["GATEHOUSE_KUBECONFIG"], vars["GATEHOUSE_CONTROL"], vars["GATEHOUSE_GOLDEN"]}, nil
}

// config is the administrator's.
func config(t testing.TB) kube.Config {
	t.Helper()
	c, err := kube.LoadKubeconfig(server(t).kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client is the administrator's.
func client(t testing.TB) *kube.Client {
	t.Helper()
	return newClient(t, config(t))
}

func newClient(t testing.TB, c kube.Config) *kube.Client {
	t.Helper()
	out, err := kube.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
}

// takeAway takes the server away and brings it back.
func takeAway(t testing.TB, how, namespace string) {
	t.Helper()
	answer, err := http.Post(server(t).control+"/"+how+"?namespace="+namespace, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s: %s %v", how, answer.Status, text, err)
	}
}

// must stops a test at an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// asJSON is a value as JSON reads it, for comparisons.
func asJSON(t testing.TB, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// unique is a name that no other run of the tests at the same server has.
func unique(name string) string { return fmt.Sprintf("%s-%x", name, rand.Uint32()) }
