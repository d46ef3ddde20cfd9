package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// What was written through kubectl is the same to the last byte after an orderly end and after a kill.
func TestRestart(t *testing.T) {
	server := harness.Start(t)
	kubectl := server.Kubectl()
	kubectl.OK("apply", "--filename=manifests", "--recursive")
	list := []string{"get", "--filename=manifests", "--recursive", "--output=json"}
	before := kubectl.OK(list...)
	for _, end := range []struct {
		name string
		do   func()
	}{{"SIGTERM", server.Stop}, {"SIGKILL", server.Kill}, {"SIGKILL again", server.Kill}} {
		end.do()
		server.Restart()
		if after := kubectl.OK(list...); after != before {
			t.Errorf("the objects are others after %s:\n%s\nwere\n%s", end.name, after, before)
		}
	}
	// The clock of versions goes on, so that clients which knew the old server are not confused.
	created := kubectl.OK("create", "configmap", "later", "--output=jsonpath={.metadata.resourceVersion}")
	if version(t, created) <= version(t, kubectl.OK("get", "namespace", "platform", "--output=jsonpath={.metadata.resourceVersion}")) {
		t.Errorf("a new object has version %s", created)
	}
}

func version(t *testing.T, text string) int64 {
	t.Helper()
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Writers run while the server is killed, several times. What it has acknowledged is there afterwards, and what it has not
// is there whole or not at all.
func TestKillDuringWrites(t *testing.T) {
	const writers, rounds, enough = 4, 3, 60
	server := harness.Start(t)
	acknowledged := map[string]bool{}
	for round := range rounds {
		a := api{server.URL, server.Client(harness.AdminToken)}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var group sync.WaitGroup
		reached := make(chan struct{})
		for w := range writers {
			group.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					name := fmt.Sprintf("w%d-%d-%d", round, w, i)
					code, _, err := a.do(ctx, http.MethodPost, inDefault, newConfigMap(name))
					if err != nil {
						return // the server is gone
					}
					mu.Lock()
					if code == http.StatusCreated {
						acknowledged[name] = true
					} else {
						t.Errorf("create: %d", code)
					}
					if len(acknowledged) == (round+1)*enough {
						close(reached)
					}
					mu.Unlock()
				}
			})
		}
		<-reached
		server.Kill()
		cancel()
		group.Wait()
		server.Restart()

		var list configMaps
		api{server.URL, server.Client(harness.AdminToken)}.get(t, inDefault, &list)
		found := map[string]bool{}
		for _, object := range list.Items {
			found[object.Metadata.Name] = true
			if object.Data["name"] != object.Metadata.Name {
				t.Errorf("%s is not whole: %v", object.Metadata.Name, object.Data)
			}
		}
		for name := range acknowledged {
			if !found[name] {
				t.Errorf("round %d: %s was acknowledged and is lost", round, name)
			}
		}
		// Each writer had at most one request under way.
		if extra := len(found) - len(acknowledged); extra > writers*(round+1) {
			t.Errorf("round %d: %d objects that nobody knows of", round, extra)
		}
	}
}

// A data directory has one server.
func TestSecondServer(t *testing.T) {
	server := harness.Start(t)
	out := harness.Refused(t, "--data-dir="+server.DataDir, "--secure-port=0", "--bind-address=127.0.0.1")
	if !strings.Contains(out, server.DataDir) || !strings.Contains(out, "in use by another server") || !strings.Contains(out, strconv.Itoa(server.Pid())) {
		t.Errorf("the second server says %q", out)
	}
	server.Kubectl().OK("create", "configmap", "still-served")
	server.Kill()
	server.Restart() // what a killed server held is free
	server.Kubectl().OK("get", "configmap", "still-served")
}
