package e2e

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// attacker is the user of harness.UserToken with the rights that a test gives him.
type attacker struct {
	t      *testing.T
	server *harness.Server
	client *http.Client
}

// do sends a request whose path goes out as it is written. The client would clean it up.
func (a attacker) do(method, target, contentType, body string) (int, string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.server.URL, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Opaque: path, RawQuery: query}
	if strings.HasPrefix(path, "//") { // which would be read as the name of a host
		r.URL.Opaque = "//" + r.URL.Host + path
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Authorization", "Bearer "+harness.UserToken)
	response, err := a.client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// begin starts a server with namespaces mine and theirs. What is worth stealing is a secret in theirs with the word
// treasure in it.
func begin(t *testing.T, commands ...string) (attacker, *harness.Kubectl) {
	t.Helper()
	server := harness.Start(t)
	admin := harness.NewKubectl(t, server.Kubeconfig())
	for _, command := range append([]string{
		"create namespace mine", "create namespace theirs",
		"create secret generic gold -n theirs --from-literal=a=treasure", "create secret generic gold -n mine --from-literal=a=brass",
	}, commands...) {
		admin.OK(strings.Fields(command)...)
	}
	client := &http.Client{Transport: server.Transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a := attacker{t, server, client}
	return a, admin
}

const treasure = "dHJlYXN1cmU=" // as secrets show it

// TestPathTricks sends paths that an authorizer and a handler could understand differently.
func TestPathTricks(t *testing.T) {
	a, _ := begin(t,
		"create role all -n mine --verb=* --resource=secrets",
		"create rolebinding all -n mine --role=all --user=harness-user",
		"create role one -n theirs --verb=get,list,watch --resource=secrets --resource-name=silver",
		"create rolebinding one -n theirs --role=one --user=harness-user",
		"create clusterrole mine --verb=get --non-resource-url=/mine/*",
		"create clusterrolebinding mine --clusterrole=mine --user=harness-user",
	)
	for {
		if code, _ := a.do("GET", "/api/v1/namespaces/mine/secrets/gold", "", ""); code == http.StatusOK {
			break
		}
	}
	for _, target := range []string{
		"/api/v1/namespaces/theirs/secrets",
		"/api/v1/namespaces/theirs/secrets/gold",
		"/api/v1/secrets",
		"/api/v1/namespaces/mine/../theirs/secrets/gold",
		"/api/v1/namespaces/mine/secrets/../../theirs/secrets/gold",
		"/api/v1/namespaces/mine/secrets/..%2f..%2ftheirs%2fsecrets%2fgold",
		"/api/v1/namespaces/mine%2f..%2ftheirs/secrets/gold",
		"/api/v1/namespaces/mine%2F%2E%2E%2Ftheirs/secrets",
		"/api/v1/namespaces/theirs%2fsecrets%2fgold/secrets/gold",
		"/api/v1/namespaces/./theirs/secrets/gold",
		"/api/v1/namespaces/theirs/secrets/gold/",
		"/api/v1/namespaces/theirs/secrets//gold",
		"/api/v1/namespaces//secrets",
		"/api/v1/namespaces/%20/secrets",
		"/api/v1/namespaces/mine/secrets/%2e%2e",
		"//api/v1/namespaces/theirs/secrets/gold",
		"/mine/../api/v1/namespaces/theirs/secrets/gold",
		"/mine/..%2fapi/v1/namespaces/theirs/secrets/gold",
		"/mine//../../api/v1/namespaces/theirs/secrets/gold",
		"/API/v1/namespaces/theirs/secrets/gold",
		"/api/V1/namespaces/theirs/secrets/gold",
		"/api/v1/Namespaces/theirs/secrets/gold",
		"/api/v1/namespaces/theirs/Secrets/gold",
		"/api/v1/namespaces/THEIRS/secrets/gold",
		"/api/v1/namespaces/theirs/secrets/GOLD",
		"/apis//v1/namespaces/theirs/secrets/gold",
		"/apis/v1/namespaces/theirs/secrets/gold",
		"/apis/core/v1/namespaces/theirs/secrets/gold",
		"/api/v1/watch/secrets?timeoutSeconds=1",
		"/api/v1/watch/namespaces/theirs/secrets?timeoutSeconds=1",
		"/api/v1/watch/namespaces/theirs/secrets/gold?timeoutSeconds=1",
		"/api/v1/proxy/namespaces/theirs/secrets/gold",
		"/api/v1/namespaces/theirs/secrets?watch=1&timeoutSeconds=1",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dgold",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dsilver",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dsilver&fieldSelector=metadata.name%3Dgold",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dgold&fieldSelector=metadata.name%3Dsilver",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dsilver,metadata.name%3Dgold",
		"/api/v1/namespaces/theirs/secrets?fieldSelector=metadata.name%3Dsilver&watch=1&timeoutSeconds=1",
		"/api/v1/namespaces/theirs/secrets;/silver",
		"/api/v1/namespaces/theirs/secrets/silver%00gold",
		"/api/v1/namespaces/theirs/secrets/gold%3Fx=silver",
		"/api/v1/namespaces/theirs/secrets/silver/../gold",
		"/api/v1/namespaces/mine/secrets?namespace=theirs",
		"/api/v1/namespaces/mine/secrets?fieldSelector=metadata.namespace%3Dtheirs",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "get", "LIST"} {
			if code, text := a.do(method, target, "application/json", `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"gold"}}`); strings.Contains(text, treasure) {
				t.Errorf("%s %s: %d %s", method, target, code, text)
			}
		}
	}
	if _, text := a.do("GET", "/api/v1/namespaces/theirs/secrets/gold", "", ""); !strings.Contains(text, "Forbidden") {
		t.Error(text)
	}
}

const rbacPath = "/apis/rbac.authorization.k8s.io/v1"

// TestEscalation tries every way of writing roles and bindings to get at rights that the writer does not have. Each must be
// refused, and leave nothing behind.
func TestEscalation(t *testing.T) {
	a, admin := begin(t,
		"create clusterrole writer --verb=get,list,create,update,patch,delete,deletecollection --resource=roles,rolebindings,clusterroles,clusterrolebindings",
		"create clusterrolebinding writer --clusterrole=writer --user=harness-user",
		"create role weak -n theirs --verb=get --resource=roles.rbac.authorization.k8s.io",
		"create rolebinding weak -n theirs --role=weak --user=harness-user",
		"create clusterrole gatherer --aggregation-rule=gather=true",
		"create clusterrolebinding gatherer --clusterrole=gatherer --user=harness-user",
	)
	for {
		if code, _ := a.do("GET", rbacPath+"/clusterroles/writer", "", ""); code == http.StatusOK {
			break
		}
	}
	rules := `"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]`
	role := func(kind, meta, rest string) string {
		return `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"` + kind + `","metadata":{` + meta + `},` + rest + `}`
	}
	me := `"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"harness-user"}]`
	ref := func(kind, name string) string {
		return `"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"` + kind + `","name":"` + name + `"}`
	}
	const merge, strategic, jsonPatch, json = "application/merge-patch+json", "application/strategic-merge-patch+json", "application/json-patch+json", "application/json"
	before := admin.OK("get", "clusterroles,clusterrolebindings,roles,rolebindings", "-A", "-o", "jsonpath={.items[*].metadata.resourceVersion}")
	for _, c := range []struct{ name, method, target, contentType, body string }{
		{"create a role", "POST", "/namespaces/theirs/roles", json, role("Role", `"name":"x"`, rules)},
		{"with a generated name", "POST", "/namespaces/theirs/roles", json, role("Role", `"generateName":"x"`, rules)},
		{"with a name that may be escalated by nobody", "POST", "/namespaces/theirs/roles?dryRun=All", json, role("Role", `"name":"x"`, rules)},
		{"create by PUT", "PUT", "/namespaces/theirs/roles/x", json, role("Role", `"name":"x"`, rules)},
		{"replace", "PUT", "/namespaces/theirs/roles/weak", json, role("Role", `"name":"weak"`, rules)},
		{"merge", "PATCH", "/namespaces/theirs/roles/weak", merge, `{` + rules + `}`},
		{"strategic merge", "PATCH", "/namespaces/theirs/roles/weak", strategic, `{` + rules + `}`},
		{"JSON patch", "PATCH", "/namespaces/theirs/roles/weak", jsonPatch, `[{"op":"replace","path":"/rules/0/resources/0","value":"*"}]`},
		{"one more verb", "PATCH", "/namespaces/theirs/roles/weak", jsonPatch, `[{"op":"add","path":"/rules/0/verbs/-","value":"watch"}]`},
		{"with a finalizer", "PATCH", "/namespaces/theirs/roles/weak", merge, `{"metadata":{"finalizers":["example.com/x"]},` + rules + `}`},
		{"create a cluster role", "POST", "/clusterroles", json, role("ClusterRole", `"name":"x"`, rules)},
		{"of paths", "POST", "/clusterroles", json, role("ClusterRole", `"name":"x"`, `"rules":[{"verbs":["get"],"nonResourceURLs":["/metrics"]}]`)},
		{"that is gathered", "POST", "/clusterroles", json, role("ClusterRole", `"name":"x","labels":{"gather":"true"}`, rules)},
		{"that gathers", "POST", "/clusterroles", json, role("ClusterRole", `"name":"x"`, `"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"kubernetes.io/bootstrapping":"rbac-defaults"}}]}`)},
		{"gather more", "PATCH", "/clusterroles/gatherer", merge, `{"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"kubernetes.io/bootstrapping":"rbac-defaults"}}]}}`},
		{"gather from a label on a strong role", "PATCH", "/clusterroles/cluster-admin", merge, `{"metadata":{"labels":{"gather":"true"}}}`},
		{"gather from a label on a role of others", "PATCH", "/clusterroles/system:aggregate-to-edit", merge, `{"metadata":{"labels":{"gather":"true"}}}`},
		{"bind cluster-admin", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, ref("ClusterRole", "cluster-admin")+","+me)},
		{"bind it in a namespace", "POST", "/namespaces/theirs/rolebindings", json, role("RoleBinding", `"name":"x"`, ref("ClusterRole", "cluster-admin")+","+me)},
		{"bind it by PUT", "PUT", "/namespaces/theirs/rolebindings/x", json, role("RoleBinding", `"name":"x"`, ref("ClusterRole", "cluster-admin")+","+me)},
		{"bind it without subjects", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, ref("ClusterRole", "cluster-admin"))},
		{"join its binding", "PATCH", "/clusterrolebindings/cluster-admin", merge, `{` + me + `}`},
		{"join it by PUT", "PUT", "/clusterrolebindings/cluster-admin", json, role("ClusterRoleBinding", `"name":"cluster-admin"`, ref("ClusterRole", "cluster-admin")+","+me)},
		{"join the nodes", "PATCH", "/clusterrolebindings/system:node", merge, `{` + me + `}`},
	} {
		code, text := a.do(c.method, rbacPath+c.target, c.contentType, c.body)
		if code != http.StatusForbidden {
			t.Errorf("%s: %d %s", c.name, code, text)
		}
	}
	for _, c := range []struct{ name, method, target, contentType, body string }{
		{"another role under a binding", "PATCH", "/clusterrolebindings/writer", merge, `{` + ref("ClusterRole", "cluster-admin") + `}`},
		{"bind a role of another API", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, strings.Replace(ref("ClusterRole", "cluster-admin"), "rbac.authorization.k8s.io", "example.com", 1)+","+me)},
		{"bind a role that is made later", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, ref("ClusterRole", "later")+","+me)},
		{"bind the role of a namespace everywhere", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, ref("Role", "weak")+","+me)},
		{"bind a role by its path", "POST", "/clusterrolebindings", json, role("ClusterRoleBinding", `"name":"x"`, ref("ClusterRole", "../clusterroles/writer")+","+me)},
	} {
		if code, text := a.do(c.method, rbacPath+c.target, c.contentType, c.body); code < 400 || code > 499 {
			t.Errorf("%s: %d %s", c.name, code, text)
		}
	}
	if after := admin.OK("get", "clusterroles,clusterrolebindings,roles,rolebindings", "-A", "-o", "jsonpath={.items[*].metadata.resourceVersion}"); after != before {
		t.Errorf("something was written: %s\nbefore %s", after, before)
	}
	if _, text := a.do("GET", "/api/v1/namespaces/theirs/secrets/gold", "", ""); strings.Contains(text, treasure) {
		t.Error("escalated")
	}
}

// TestNamespaceAdministrator: the default roles work as they are, with no controller-manager anywhere: who is given admin in
// a namespace runs it, hands out what he has there, and nothing beyond.
func TestNamespaceAdministrator(t *testing.T) {
	_, admin := begin(t, "create rolebinding admins -n mine --clusterrole=admin --user=eve", "create rolebinding readers -n mine --clusterrole=view --user=vic")
	for _, c := range []struct {
		args string
		want string // part of the refusal; empty when it is to work
	}{
		{"create deployment web --image=i --as=eve", ""},
		{"create configmap c --as=eve", ""},
		{"get secret gold --as=eve", ""},
		{"create role reader --verb=get --resource=pods --as=eve", ""},
		{"create rolebinding editors --clusterrole=edit --user=fay --as=eve", ""},
		{"create rolebinding root --clusterrole=cluster-admin --user=eve --as=eve", "attempting to grant RBAC permissions not currently held"},
		{"create role nodes --verb=get --resource=nodes --as=eve", "attempting to grant RBAC permissions not currently held"},
		{"create clusterrole x --verb=get --resource=pods --as=eve", "at the cluster scope"},
		{"get nodes --as=eve", "at the cluster scope"},
		{"get pods -n theirs --as=eve", `in the namespace "theirs"`},
		{"get pods -A --as=eve", "at the cluster scope"},
		{"get deployments --as=vic", ""},
		{"get secrets --as=vic", "cannot list resource"},
		{"create configmap d --as=vic", "cannot create resource"},
		{"get roles --as=vic", "cannot list resource"},
	} {
		args := append(strings.Fields(c.args), "-n", "mine")
		if strings.Contains(c.args, "-n ") {
			args = strings.Fields(c.args)
		}
		if c.want == "" {
			admin.OK(args...)
		} else if out := admin.Fails(args...); !strings.Contains(out, c.want) {
			t.Errorf("%s: %q, want %q", c.args, out, c.want)
		}
	}
}
