package modes

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var quiet = slog.New(slog.DiscardHandler)

// write makes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// kubeconfig leads to a real HTTPS server that gives every review the status.
func kubeconfig(t *testing.T, status string) string {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","status":%s}`, status)
	}))
	t.Cleanup(server.Close)
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	return write(t, "webhook.yaml", fmt.Sprintf(`{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]}`, server.URL, ca))
}

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"

func hook(name, file, more string) string {
	return fmt.Sprintf("- {type: Webhook, name: %s, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: %q}%s}}\n", name, file, more)
}

func ask(t *testing.T, a authz.Authorizer, user string, groups ...string) authz.Decision {
	t.Helper()
	d, _, err := a.Authorize(t.Context(), authz.Attributes{User: &resource.UserInfo{Name: user, Groups: groups}, Verb: "get", Path: "/x"})
	if err != nil {
		t.Error(err)
	}
	return d
}

// TestFile: several webhooks in order, limited by conditions, and changes of the file.
func TestFile(t *testing.T) {
	yes, no := kubeconfig(t, `{"allowed":true}`), kubeconfig(t, `{"denied":true}`)
	first := head +
		hook("no-bob", no, ", matchConditionSubjectAccessReviewVersion: v1, matchConditions: [{expression: \"request.user == 'bob'\"}]") +
		hook("yes-all", yes, "") + "- {type: RBAC, name: rbac}\n"
	path := write(t, "authz.yaml", first)
	f, err := Open(t.Context(), path, func(c *Configuration) (Builtins, error) {
		if !c.Has(RBAC) || c.Has(Node) {
			t.Errorf("modes of %v", c)
		}
		return Builtins{RBAC: authz.AlwaysDeny{}}, nil
	}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	f.value.Every = time.Nanosecond
	change := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, ann, bob authz.Decision) {
		t.Helper()
		if a, b := ask(t, f, "ann"), ask(t, f, "bob"); a != ann || b != bob {
			t.Errorf("%s: %v %v, want %v %v", what, a, b, ann, bob)
		}
		if d := ask(t, f, "bob", "system:masters"); d != authz.Allow {
			t.Errorf("%s: a master is locked out: %v", what, d)
		}
	}
	expect("at first", authz.Allow, authz.Deny)
	change(head + "- {type: RBAC, name: rbac}\n")
	expect("without webhooks", authz.NoOpinion, authz.NoOpinion)
	change(head + hook("no-all", no, ""))
	expect("another webhook", authz.Deny, authz.Deny)
	for _, faulty := range []string{"", "{", head, head + "- {type: Node, name: node}\n", head + hook("x", yes, ", unknown: 1"), head + hook("x", "/nowhere", "")} {
		change(faulty)
		expect("still, with the faulty "+faulty, authz.Deny, authz.Deny)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("still, without a file", authz.Deny, authz.Deny)
	change(first)
	expect("as at first", authz.Allow, authz.Deny)
	if set, err := f.Rules(t.Context(), &resource.UserInfo{Name: "ann"}, "ns"); err == nil || !set.Incomplete {
		t.Error("the rules of webhooks are said to be known")
	}
}

func TestFlags(t *testing.T) {
	flags := Flags{Modes: []string{AlwaysDeny, Webhook, Node, ABAC}, WebhookFile: kubeconfig(t, `{"allowed":true}`), WebhookVersion: "v1", Authorized: time.Minute}
	c := flags.Configuration()
	u, err := Build(t.Context(), c, Builtins{Node: authz.AlwaysDeny{}, ABAC: authz.AlwaysDeny{}}, quiet)
	if err != nil || len(u) != 5 {
		t.Fatal(len(u), err)
	}
	if d := ask(t, u, "ann"); d != authz.Allow {
		t.Error(d)
	}
	w := c.Authorizers[1].Webhook
	if !*w.CacheAuthorizedRequests || *w.CacheUnauthorizedRequests || w.FailurePolicy != "NoOpinion" {
		t.Errorf("%+v", w)
	}
	for what, c := range map[string]*Configuration{
		"nothing":              {},
		"a mode without it":    Flags{Modes: []string{RBAC}}.Configuration(),
		"an unknown mode":      Flags{Modes: []string{"Anarchy"}}.Configuration(),
		"no kubeconfig":        Flags{Modes: []string{Webhook}, WebhookVersion: "v1"}.Configuration(),
		"an unknown version":   Flags{Modes: []string{Webhook}, WebhookVersion: "v9", WebhookFile: flags.WebhookFile}.Configuration(),
		"a webhook of nothing": {Authorizers: []Entry{{Type: Webhook}}},
	} {
		if _, err := Build(t.Context(), c, Builtins{}, quiet); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestFaults(t *testing.T) {
	file := write(t, "k", "x")
	long := strings.Repeat("{expression: 'true'}, ", 65)
	for text, want := range map[string]string{
		"kind: AuthorizationConfiguration":                `kind "AuthorizationConfiguration" of "" is not an AuthorizationConfiguration`,
		"apiVersion: apiserver.config.k8s.io/v1\nkind: X": `kind "X" of "apiserver.config.k8s.io/v1" is not`,
		head + "- {typo: RBAC}":                           `unknown field "typo"`,
		head:                                              "authorizers: Required value: at least one authorization mode must be defined",
		head + "- {name: x}":                              "authorizers[0].type: Required value",
		head + "- {type: X, name: x}":                     `authorizers[0].type: Unsupported value: "X": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"`,
		head + "- {type: RBAC, name: rbac}\n- {type: RBAC, name: b}": `authorizers[1].type: Duplicate value: "RBAC"`,
		head + "- {type: RBAC}":                          "authorizers[0].name: Required value",
		head + "- {type: RBAC, name: R}":                 `authorizers[0].name: Invalid value: "R": authorizer name is invalid: `,
		head + "- {type: RBAC, name: x}":                 "expected name rbac for authorizer RBAC instead of x",
		head + "- {type: RBAC, name: rbac, webhook: {}}": `authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook`,
		head + "- {type: Webhook, name: x}":              "authorizers[0].webhook: Required value: required when type=Webhook",
		head + hook("x", file, "") + hook("x", file, ""): `authorizers[1].name: Duplicate value: "x"`,
		head + "- {type: Webhook, name: x, webhook: {}}": "[authorizers[0].timeout: Required value, authorizers[0].subjectAccessReviewVersion: Required value, authorizers[0].failurePolicy: Required value, authorizers[0].connectionInfo.type: Required value]",
		head + "- {type: Webhook, name: x, webhook: {timeout: 31s, authorizedTTL: -1s, unauthorizedTTL: -1s, subjectAccessReviewVersion: v2, matchConditionSubjectAccessReviewVersion: v2, failurePolicy: Ask, connectionInfo: {type: InClusterConfig}}}": `[authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s, authorizers[0].authorizedTTL: Invalid value: "-1s": must be > 0s, authorizers[0].unauthorizedTTL: Invalid value: "-1s": must be > 0s, authorizers[0].subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1", authorizers[0].matchConditionSubjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", authorizers[0].failurePolicy: Unsupported value: "Ask": supported values: "NoOpinion", "Deny", authorizers[0].connectionInfo.type: Unsupported value: "InClusterConfig": supported values: "KubeConfigFile"]`,
		head + hook("x", "relative", ""):                                    "must be an absolute path",
		head + hook("x", "/nowhere/at/all", ""):                             "error loading file",
		head + hook("x", "/", ""):                                           "must be a regular file",
		head + hook("x", "", ""):                                            "authorizers[0].connectionInfo.kubeConfigFile: Required value",
		head + hook("x", file, ", matchConditions: [{expression: 'true'}]"): "authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified",
		head + hook("x", file, ", matchConditionSubjectAccessReviewVersion: v1, matchConditions: [{expression: ' '}, {expression: 'true'}, {expression: 'true'}, {expression: '1'}]"): `[authorizers[0].matchConditions[0].expression: Required value, authorizers[0].matchConditions[2].expression: Duplicate value: "true", authorizers[0].matchConditions[3].expression: Invalid value: "1": must evaluate to bool but got int]`,
		head + hook("x", file, ", matchConditionSubjectAccessReviewVersion: v1, matchConditions: ["+long+"]"):                                                                         "authorizers[0].matchConditions: Too many: 65: must have at most 64 items",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got  %v\n want %s", text, err, want)
		}
	}
}
