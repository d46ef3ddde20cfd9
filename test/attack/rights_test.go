package attack

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// allow gives the user of User a rule, and waits until path is answered otherwise than with 403.
func (a *Target) allow(rule, method, path, body string) {
	a.Helper()
	a.Create("/apis/rbac.authorization.k8s.io/v1/clusterroles", `{"metadata":{"name":"attack"},"rules":[`+rule+`]}`)
	a.Create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", `{"metadata":{"name":"attack"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"attack"},`+
		`"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"harness-user"}]}`)
	a.Wait("the right", func() bool {
		code, _ := a.Do(a.User, method, path, body)
		return code != http.StatusForbidden
	})
}

// Who may update creates nothing by a PUT.
func TestUpdatesCreateNothing(t *testing.T) {
	Attack{
		Fault: "S2", Memory: 60 << 20, CPU: 5 * time.Second,
		Run: func(a *Target) {
			a.allow(`{"apiGroups":["*"],"resources":["*"],"verbs":["update","get","patch"]}`, "GET", configMaps+"/none", "")
			for path, body := range map[string]string{
				"/apis/coordination.k8s.io/v1/namespaces/default/leases/a":               `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{}}`,
				"/api/v1/namespaces/default/endpoints/a":                                 `{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"a"}}`,
				"/api/v1/namespaces/default/services/a":                                  `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}`,
				"/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/a":          `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"a"}}`,
				"/api/v1/namespaces/default/events/a":                                    `{"apiVersion":"v1","kind":"Event","metadata":{"name":"a"},"involvedObject":{"namespace":"default"}}`,
				"/api/v1/namespaces/default/limitranges/a":                               `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"a"},"spec":{"limits":[]}}`,
				"/apis/node.k8s.io/v1/runtimeclasses/a":                                  `{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"a"},"handler":"h"}`,
				"/apis/coordination.k8s.io/v1/namespaces/default/leases/a?dryRun=All":    `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{}}`,
				"/apis/coordination.k8s.io/v1/namespaces/default/leases/a?fieldManager=": `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{}}`,
			} {
				if code, text := a.Do(a.User, "PUT", path, body); code != http.StatusForbidden {
					a.Errorf("%s: %d %.200s", path, code, text)
				}
				bare, _, _ := strings.Cut(path, "?")
				if code, _ := a.Do(a.Admin, "GET", bare, ""); code != http.StatusNotFound {
					a.Errorf("%s is there: %d", bare, code)
				}
			}
		},
	}.Test(t)
}

// A right to a subresource shows nothing of the object.
func TestSubresourcesShowNothingElse(t *testing.T) {
	Attack{
		Fault: "S3", Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) {
			a.Create(pods, `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"SECRET","value":"sesame"}]}]}}`)
		},
		Run: func(a *Target) {
			subresources := []string{"log", "exec", "attach", "portforward", "proxy", "binding", "eviction"}
			a.allow(`{"apiGroups":[""],"resources":["pods/`+strings.Join(subresources, `","pods/`)+`"],"verbs":["*"]}`, "GET", pods+"/p/log", "")
			for _, s := range subresources {
				for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
					code, text := a.Do(a.User, method, pods+"/p/"+s, "")
					if strings.Contains(text, "sesame") || code == http.StatusOK && strings.Contains(text, `"Pod"`) {
						a.Errorf("%s %s: %d %.200s", method, s, code, text)
					}
				}
			}
			if code, _ := a.Do(a.Admin, "GET", pods+"/p", ""); code != http.StatusOK {
				a.Errorf("the pod is gone: %d", code)
			}
		},
	}.Test(t)
}

// A driver that may report on devices binds no claim and reports for no other driver.
func TestPartsOfAStatus(t *testing.T) {
	const claims = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims"
	Attack{
		Fault: "S13", Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) {
			a.Create(claims, `{"metadata":{"name":"c"},"spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"x"}}]}}}`)
		},
		Run: func(a *Target) {
			a.allow(`{"apiGroups":["resource.k8s.io"],"resources":["resourceclaims/status"],"verbs":["update","patch","get"]}`, "GET", claims+"/c/status", "")
			bind := `{"status":{"allocation":{"devices":{"results":[{"request":"r","driver":"d.example.com","pool":"p","device":"v"}]}}}}`
			answer, text := a.sendAs(a.User, "PATCH", claims+"/c/status", "application/merge-patch+json", bind)
			if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "resourceclaims/binding") {
				a.Errorf("%d %.300s", answer.StatusCode, text)
			}
			if answer, text := a.send("PATCH", claims+"/c/status", "application/merge-patch+json", bind); answer.StatusCode != http.StatusOK {
				a.Errorf("the administrator: %d %.300s", answer.StatusCode, text)
			}
			report := `{"status":{"devices":[{"driver":"d.example.com","pool":"p","device":"v","data":{"a":1}}]}}`
			if answer, text := a.sendAs(a.User, "PATCH", claims+"/c/status", "application/merge-patch+json", report); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "resourceclaims/driver") {
				a.Errorf("%d %.300s", answer.StatusCode, text)
			}
		},
	}.Test(t)
}

// A kubelet's credential makes no pod that would read a secret for it.
func TestKubeletsAreHeldToTheirNode(t *testing.T) {
	Attack{
		Fault: "S9", Flags: []string{"--enable-admission-plugins=NodeRestriction"}, Memory: 60 << 20, CPU: 5 * time.Second,
		Run: func(a *Target) {
			node := a.Server.Client(harness.AdminToken)
			as := func(method, path, body string) (int, string) {
				a.Helper()
				r, err := http.NewRequestWithContext(a.Context(), method, a.Server.URL+path, strings.NewReader(body))
				if err != nil {
					a.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Impersonate-User", "system:node:n1")
				r.Header.Add("Impersonate-Group", "system:nodes")
				answer, err := node.Do(r)
				if err != nil {
					a.Fatal(err)
				}
				defer answer.Body.Close()
				text := new(strings.Builder)
				buffer := make([]byte, 4096)
				for {
					n, err := answer.Body.Read(buffer)
					text.Write(buffer[:n])
					if err != nil {
						return answer.StatusCode, text.String()
					}
				}
			}
			spy := `{"metadata":{"name":"spy"},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"s"}}]}}`
			if code, text := as("POST", pods, spy); code != http.StatusForbidden {
				a.Errorf("a pod that mounts a secret: %d %.200s", code, text)
			}
			mirror := strings.Replace(spy, `"metadata":{`, `"metadata":{"annotations":{"kubernetes.io/config.mirror":"x"},`, 1)
			if code, text := as("POST", pods, mirror); code != http.StatusForbidden {
				a.Errorf("a mirror pod that mounts a secret: %d %.200s", code, text)
			}
			if code, text := as("POST", "/api/v1/nodes", `{"metadata":{"name":"n2"}}`); code != http.StatusForbidden {
				a.Errorf("another node: %d %.200s", code, text)
			}
			if code, text := as("POST", "/api/v1/nodes", `{"metadata":{"name":"n1","labels":{"node-restriction.kubernetes.io/a":"b"}}}`); code != http.StatusForbidden {
				a.Errorf("a label that is not its own: %d %.200s", code, text)
			}
			if code, text := as("POST", "/api/v1/nodes", `{"metadata":{"name":"n1"}}`); code != http.StatusCreated {
				a.Errorf("its own node: %d %.200s", code, text)
			}
		},
	}.Test(t)
}
