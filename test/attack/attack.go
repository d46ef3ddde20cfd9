package attack

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// long says whether the attacks have the sizes of the reports.
var long = os.Getenv("ATTACK_LONG") != ""

// patience bounds the waits for what must come. Nothing is decided by how long it took.
const patience = 3 * time.Minute

// Attack is one case.
type Attack struct {
	// Fault is its number in the list of faults; empty for a sibling of one.
	Fault string
	// Flags are the server's, beside those of the harness.
	Flags []string
	// Prepare makes what the attack needs. What it uses is not counted.
	Prepare func(*Target)
	// Run attacks, and returns when the server has borne the worst, with all connections still open.
	Run func(*Target)
	// Memory is how much more the server may have resident at its worst than before, CPU how much time it may use.
	Memory int64
	CPU    time.Duration
}

// Target is the server under attack.
type Target struct {
	testing.TB
	Server *harness.Server
	// Admin is a client of an administrator, User one of somebody without rights.
	Admin, User *http.Client
}

// Test runs the attack on a server of its own.
func (a Attack) Test(t *testing.T) {
	server := harness.Start(t, append([]string{"--unsafe-no-fsync"}, a.Flags...)...)
	target := &Target{TB: t, Server: server, Admin: server.Client(harness.AdminToken), User: server.Client(harness.UserToken)}
	if a.Prepare != nil {
		a.Prepare(target)
	}
	meter := begin(t, server.Pid())
	a.Run(target)
	memory, cpu := meter.used(t)
	t.Logf("%s: %d MB more at the worst, of %d; %v of CPU, of %v", a.Fault, memory>>20, a.Memory>>20, cpu.Round(time.Millisecond), a.CPU)
	if memory > a.Memory {
		t.Errorf("%d MB more than before are resident, %d may be", memory>>20, a.Memory>>20)
	}
	if cpu > a.CPU {
		t.Errorf("%v of CPU were used, %v may be", cpu, a.CPU)
	}
	if code, text := target.Do(target.Admin, "GET", "/api/v1/namespaces/default", ""); code != http.StatusOK {
		t.Errorf("afterwards an administrator gets %d %s", code, text)
	}
}

// bound is one that depends on how much is sent, and so on the form.
func bound[T any](short, long_ T) T {
	if long {
		return long_
	}
	return short
}

// Times is a size or a number that differs between the short and the long form.
func (a *Target) Times(short, long_ int) int {
	if long {
		return long_
	}
	return short
}

// Choose is a value of a flag that differs between the two forms.
func (a *Target) Choose(short, long_ string) string {
	if long {
		return long_
	}
	return short
}

// Do sends a request, JSON if it has a body, and reads the whole answer.
func (a *Target) Do(client *http.Client, method, path, body string) (int, string) {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.Server.URL+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// Create makes an object as the administrator.
func (a *Target) Create(path, body string) {
	a.Helper()
	if code, text := a.Do(a.Admin, "POST", path, body); code != http.StatusCreated {
		a.Fatalf("%s: %d %s", path, code, text)
	}
}

// Grant lets the user of User do something to a resource of the core group, and waits until that counts.
func (a *Target) Grant(verb, resource string) {
	a.Helper()
	name := `{"metadata":{"name":"attack-` + verb + `"},`
	a.Create("/apis/rbac.authorization.k8s.io/v1/clusterroles", name+`"rules":[{"apiGroups":[""],"resources":["`+resource+`"],"verbs":["`+verb+`"]}]}`)
	a.Create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", name+`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"attack-`+verb+`"},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"harness-user"}]}`)
	review := `{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"harness-user","resourceAttributes":{"verb":"` + verb + `","resource":"` + resource + `","namespace":"default"}}}`
	a.Wait("the right to "+verb, func() bool {
		_, text := a.Do(a.Admin, "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
		return strings.Contains(text, `"allowed":true`)
	})
}

// Wait waits until something is so.
func (a *Target) Wait(what string, is func() bool) {
	a.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			a.Fatalf("%s did not come", what)
		}
	}
}

// Socket is a connection that has agreed on a protocol, "h2" or "http/1.1".
func (a *Target) Socket(protocol string) *tls.Conn {
	a.Helper()
	socket, err := tls.Dial("tcp", strings.TrimPrefix(a.Server.URL, "https://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { _ = socket.Close() })
	if err := socket.SetDeadline(time.Now().Add(patience)); err != nil {
		a.Fatal(err)
	}
	return socket
}
