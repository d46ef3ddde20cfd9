package access

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// world is a server that knows every kind of credential.
type world struct {
	*harness.Server
	t     *testing.T
	dir   string
	audit string
}

// whoami is how the server knows the sender of a request: name and groups, or the status code.
func (w *world) whoami(cert *tls.Certificate, headers ...string) string {
	w.t.Helper()
	transport := w.Transport()
	defer transport.CloseIdleConnections()
	if cert != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*cert}
	}
	r, err := http.NewRequest("POST", w.URL+"/apis/authentication.k8s.io/v1/selfsubjectreviews", strings.NewReader(`{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var review struct {
		Message string
		Status  any
	}
	if err := json.NewDecoder(response.Body).Decode(&review); err != nil {
		w.t.Fatal(err)
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Sprint(response.StatusCode, " ", review.Message)
	}
	user := review.Status.(map[string]any)["userInfo"].(map[string]any)
	return fmt.Sprint(user["username"], " ", user["groups"])
}

// wrong is the answer to a wrong credential.
const wrong = "401 Unauthorized"

func start(t *testing.T, flags ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.audit = filepath.Join(w.dir, "audit.log")
	policy := write(t, filepath.Join(w.dir, "policy.yaml"), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
	w.Server = harness.Start(t, append([]string{"--authorization-mode=Node,RBAC", "--audit-policy-file=" + policy, "--audit-log-path=" + w.audit}, flags...)...)
	return w
}

// Every kind of credential is known for what it is, and a wrong one for nothing.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	users, proxies, strangers := authority(t, dir, "users"), authority(t, dir, "proxies"), authority(t, dir, "strangers")
	openID, hook := newIssuer(t), reviewer(t)
	w := start(t,
		"--client-ca-file="+filepath.Join(dir, "users.crt"), "--requestheader-client-ca-file="+filepath.Join(dir, "proxies.crt"),
		"--requestheader-allowed-names=front", "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--basic-auth-file="+write(t, filepath.Join(dir, "basic.csv"), "secret,bea,1,\"ops\"\n"),
		"--authentication-token-webhook-config-file="+kubeconfig(t, dir, "hook.yaml", hook), "--authentication-token-webhook-version=v1",
		"--authentication-config="+openID.configuration(t, dir), "--enable-bootstrap-token-auth")
	k := w.Kubectl()
	k.OK("create", "serviceaccount", "robot")
	robot := strings.TrimSpace(k.OK("create", "token", "robot"))
	foreign := strings.TrimSpace(k.OK("create", "token", "robot", "--audience=vault"))
	k.OKIn(`{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-abcdef, namespace: kube-system}, type: bootstrap.kubernetes.io/token, stringData: {token-id: abcdef, token-secret: 0123456789abcdef, usage-bootstrap-authentication: "true"}}`, "apply", "-f", "-")

	ann, front := client(t, users, "ann", "ann", "dev"), client(t, proxies, "front", "front")
	basic := func(name, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	}
	smuggled := []string{"X-Remote-User", "root", "X-Remote-Group", "system:masters"}
	// The issuer is found in the background.
	dora := openID.token(t, "app", time.Hour)
	for end := time.Now().Add(time.Minute); w.whoami(nil, "Authorization", "Bearer "+dora) == wrong && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	for _, c := range []struct {
		what    string
		cert    *tls.Certificate
		headers []string
		want    string
	}{
		{"nothing", nil, nil, wrong}, // anonymous requests are for /livez only
		{"a certificate", ann, nil, "ann [dev system:authenticated]"},
		{"a stranger's certificate", client(t, strangers, "root", "root", "system:masters"), nil, wrong},
		{"a proxy", front, []string{"X-Remote-User", "ben", "X-Remote-Group", "ops"}, "ben [ops system:authenticated]"},
		{"a proxy of another name", client(t, proxies, "imposter", "imposter"), smuggled, wrong},
		{"a user's certificate that smuggles", ann, smuggled, "ann [dev system:authenticated]"},
		{"a certificate with the proxy's name", client(t, users, "fake", "front"), smuggled, "front [system:authenticated]"},
		{"nobody who smuggles", nil, smuggled, wrong},
		{"a token that smuggles", nil, append([]string{"Authorization", "Bearer " + harness.UserToken}, smuggled...), "harness-user [system:authenticated]"},
		{"a token of the file", nil, []string{"Authorization", "Bearer " + harness.UserToken}, "harness-user [system:authenticated]"},
		{"a password", nil, []string{"Authorization", basic("bea", "secret")}, "bea [ops system:authenticated]"},
		{"a wrong password", nil, []string{"Authorization", basic("bea", "wrong")}, wrong},
		{"a service account", nil, []string{"Authorization", "Bearer " + robot}, "system:serviceaccount:default:robot [system:serviceaccounts system:serviceaccounts:default system:authenticated]"},
		{"its token for somebody else", nil, []string{"Authorization", "Bearer " + foreign}, wrong},
		{"its token, changed", nil, []string{"Authorization", "Bearer " + robot[:len(robot)-4] + "AAAA"}, wrong},
		{"a bootstrap token", nil, []string{"Authorization", "Bearer abcdef.0123456789abcdef"}, "system:bootstrap:abcdef [system:bootstrappers system:authenticated]"},
		{"a wrong bootstrap token", nil, []string{"Authorization", "Bearer abcdef.0123456789abcdee"}, wrong},
		{"an issuer's token", nil, []string{"Authorization", "Bearer " + dora}, "oidc:dora [oidc:dev system:authenticated]"},
		{"one for another audience", nil, []string{"Authorization", "Bearer " + openID.token(t, "other", time.Hour)}, wrong},
		{"one that is over", nil, []string{"Authorization", "Bearer " + openID.token(t, "app", -time.Hour)}, wrong},
		{"another issuer's", nil, []string{"Authorization", "Bearer " + newIssuer(t).token(t, "app", time.Hour)}, wrong},
		{"a token that the webhook knows", nil, []string{"Authorization", "Bearer hooked"}, "hook-user [hooks system:authenticated]"},
		{"one that nobody knows", nil, []string{"Authorization", "Bearer unknown"}, wrong},
		{"a good certificate beside a wrong token", ann, []string{"Authorization", "Bearer unknown"}, "ann [dev system:authenticated]"},
		{"somebody else by impersonation", ann, []string{"Impersonate-User", "root", "Impersonate-Group", "system:masters"},
			`403 selfsubjectreviews.authentication.k8s.io is forbidden: User "ann" cannot impersonate-on:user-info:create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope`},
		{"an administrator as somebody", nil, []string{"Authorization", "Bearer " + harness.AdminToken, "Impersonate-User", "cleo", "Impersonate-Group", "dev"}, "cleo [dev system:authenticated]"},
		{"a group of nobody", nil, []string{"Authorization", "Bearer " + harness.AdminToken, "Impersonate-Group", "dev"},
			`400 requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, Extra:map[string][]string(nil)} without impersonating a user name`},
	} {
		if got := w.whoami(c.cert, c.headers...); got != c.want {
			t.Errorf("%s:\n got  %s\n want %s", c.what, got, c.want)
		}
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 401, "/livez/ping": 401, "/api": 401} {
		response, err := w.Client("").Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("anonymous %s: %d, want %d", path, response.StatusCode, want)
		}
	}
	w.checkAudit()
}

// checkAudit finds the refused and the impersonated requests in the log, and none of the secrets.
func (w *world) checkAudit() {
	w.t.Helper()
	b, err := os.ReadFile(w.audit)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, secret := range []string{"hooked", "0123456789abcdef", harness.UserToken, "c2VjcmV0"} {
		if strings.Contains(string(b), secret) {
			w.t.Errorf("the audit log has %s", secret)
		}
	}
	var told []string
	for line := range strings.Lines(string(b)) {
		var e struct {
			Stage            string
			User             struct{ Username string }
			ImpersonatedUser *struct{ Username string }
			ResponseStatus   struct{ Code int }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		as := ""
		if e.ImpersonatedUser != nil {
			as = " as " + e.ImpersonatedUser.Username
		}
		told = append(told, fmt.Sprint(e.Stage, " ", e.User.Username, as, " ", e.ResponseStatus.Code))
	}
	for _, want := range []string{"ResponseStarted  401", "ResponseComplete harness-admin as cleo 201", "ResponseComplete ann 403", "ResponseComplete oidc:dora 201"} {
		if !slices.Contains(told, want) {
			w.t.Errorf("the audit log does not tell %q", want)
		}
	}
}

// A service account's token does what its role says, and ends with what it was made for.
func TestServiceAccountLife(t *testing.T) {
	w := start(t)
	k := w.Kubectl()
	k.OK("create", "namespace", "team")
	k.OK("-n", "team", "create", "serviceaccount", "robot")
	k.OK("-n", "team", "create", "role", "reader", "--verb=get,list", "--resource=configmaps")
	k.OK("-n", "team", "create", "rolebinding", "reader", "--role=reader", "--serviceaccount=team:robot")
	k.OKIn("{apiVersion: v1, kind: Secret, metadata: {name: anchor, namespace: team}}", "apply", "-f", "-")
	token := strings.TrimSpace(k.OK("-n", "team", "create", "token", "robot"))
	bound := strings.TrimSpace(k.OK("-n", "team", "create", "token", "robot", "--bound-object-kind=Secret", "--bound-object-name=anchor"))
	status := func(token, path string) int {
		t.Helper()
		response, err := w.Client(token).Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body) // only the status counts
		return response.StatusCode
	}
	expect := func(what, token, path string, want int) {
		t.Helper()
		if got := status(token, path); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	const own, others = "/api/v1/namespaces/team/configmaps", "/api/v1/namespaces/default/configmaps"
	expect("its role", token, own, 200)
	expect("another namespace", token, others, 403)
	expect("another resource", token, "/api/v1/namespaces/team/secrets", 403)
	expect("the bound one", bound, own, 200)
	k.OK("-n", "team", "delete", "secret", "anchor")
	expect("the bound one without its secret", bound, own, 401)
	expect("the other one meanwhile", token, own, 200)
	k.OK("-n", "team", "delete", "serviceaccount", "robot")
	expect("without its account", token, own, 401)
	k.OK("-n", "team", "create", "serviceaccount", "robot")
	expect("with a new account of the name", token, own, 401)

	// A restart does not make the tokens of the living invalid: the key is kept.
	fresh := strings.TrimSpace(k.OK("-n", "team", "create", "token", "robot"))
	w.Stop()
	w.Restart()
	expect("after a restart", fresh, own, 200)
}

// Authorities of clients, and the serving certificate, change without a restart.
func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	first, second := authority(t, dir, "first"), authority(t, dir, "second")
	file := write(t, filepath.Join(dir, "clients.crt"), string(first.PEM))
	w := start(t, "--client-ca-file="+file)
	ann, ben := client(t, first, "ann", "ann"), client(t, second, "ben", "ben")
	if got := w.whoami(ann); got != "ann [system:authenticated]" {
		t.Errorf("before: %s", got)
	}
	if got := w.whoami(ben); strings.HasPrefix(got, "ben ") {
		t.Errorf("before: %s", got)
	}
	write(t, file, string(second.PEM))
	for end := time.Now().Add(time.Minute); w.whoami(ben) != "ben [system:authenticated]"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new authority is not taken")
		}
	}
	if got := w.whoami(ann); strings.HasPrefix(got, "ann ") {
		t.Errorf("after: %s", got)
	}
}
