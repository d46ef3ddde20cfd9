package attack

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// as sends a request in the name of a user in groups.
func (a *Target) as(user, group, method, path, kind, body string) (int, string) {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.Server.URL+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Impersonate-User", user)
	r.Header.Add("Impersonate-Group", group)
	answer, err := a.Server.Client(harness.AdminToken).Do(r)
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

const (
	asJSON   = "application/json"
	asMerge  = "application/merge-patch+json"
	accounts = "/api/v1/namespaces/default/serviceaccounts"
)

// Whoever may make pods of an account that is held to its secrets gets at no other secret, by whatever road.
func TestAccountsAreHeldToTheirSecrets(t *testing.T) {
	Attack{
		Fault: "service account mounts", Flags: []string{"--enable-admission-plugins=ServiceAccount"}, Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) {
			a.Create(accounts, `{"metadata":{"name":"strict","annotations":{"kubernetes.io/enforce-mountable-secrets":"true"}},"secrets":[{"name":"mine"}]}`)
			a.Create(pods, `{"metadata":{"name":"runs"},"spec":{"serviceAccountName":"strict","containers":[{"name":"c","image":"i"}]}}`)
		},
		Run: func(a *Target) {
			const secret = `"valueFrom":{"secretKeyRef":{"name":"other","key":"k"}}`
			for name, spec := range map[string]string{
				"a volume":              `"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","secret":{"secretName":"other"}}]`,
				"a variable":            `"containers":[{"name":"c","image":"i","env":[{"name":"E",` + secret + `}]}]`,
				"variables":             `"containers":[{"name":"c","image":"i","envFrom":[{"secretRef":{"name":"other"}}]}]`,
				"a variable before":     `"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"i","env":[{"name":"E",` + secret + `}]}]`,
				"variables of sidecars": `"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"i","image":"i","restartPolicy":"Always","envFrom":[{"secretRef":{"name":"other"}}]}]`,
				"images":                `"containers":[{"name":"c","image":"i"}],"imagePullSecrets":[{"name":"other"}]`,
			} {
				body := `{"metadata":{"generateName":"x-"},"spec":{"serviceAccountName":"strict",` + spec + `}}`
				for _, path := range []string{pods, pods + "?dryRun=All"} {
					if code, text := a.Do(a.Admin, "POST", path, body); code != http.StatusForbidden {
						a.Errorf("%s: %d %.200s", name, code, text)
					}
				}
			}
			debug := `{"spec":{"ephemeralContainers":[{"name":"e","image":"i","envFrom":[{"secretRef":{"name":"other"}}]}]}}`
			if code, text := a.as("admin", "system:masters", "PATCH", pods+"/runs/ephemeralcontainers", asMerge, debug); code < 400 {
				a.Errorf("a debugger: %d %.200s", code, text)
			}
			mirror := `{"metadata":{"name":"m","annotations":{"kubernetes.io/config.mirror":"x"}},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}],%s}}`
			for name, spec := range map[string]string{
				"an account": `"serviceAccountName":"strict"`,
				"a token":    `"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]`,
				"a secret":   `"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"other"}}]}}]`,
			} {
				if code, text := a.Do(a.Admin, "POST", pods, fmt.Sprintf(mirror, spec)); code != http.StatusForbidden {
					a.Errorf("%s of a mirror pod: %d %.200s", name, code, text)
				}
			}
		},
	}.Test(t)
}

// A kubelet's credential changes nothing of other nodes and their pods, and labels itself with nothing that pods are placed by.
func TestKubeletsGetNothingOfOtherNodes(t *testing.T) {
	Attack{
		Fault: "siblings of S9", Flags: []string{"--enable-admission-plugins=NodeRestriction", "--authorization-mode=Node,RBAC"}, Memory: 60 << 20, CPU: 5 * time.Second,
		Prepare: func(a *Target) {
			for _, node := range []string{"n1", "n2"} {
				a.Create("/api/v1/nodes", `{"metadata":{"name":"`+node+`"}}`)
				a.Create(accounts, `{"metadata":{"name":"`+node+`"}}`)
				a.Create(pods, `{"metadata":{"name":"on-`+node+`"},"spec":{"nodeName":"`+node+`","serviceAccountName":"`+node+`","containers":[{"name":"c","image":"i"}]}}`)
			}
			// The graph of the node authorizer follows the store.
			a.Wait("the right to its own pod", func() bool {
				code, _ := a.as("system:node:n1", "system:nodes", "PATCH", pods+"/on-n1/status", asMerge, `{"status":{"message":"m"}}`)
				return code == http.StatusOK
			})
		},
		Run: func(a *Target) {
			token := `{"spec":{"audiences":["a"],"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"on-n2"}}}`
			for _, c := range []struct{ name, method, path, kind, body string }{
				{"another node's status", "PATCH", "/api/v1/nodes/n2/status", asMerge, `{"status":{"phase":"x"}}`},
				{"another node's end", "DELETE", "/api/v1/nodes/n2", asJSON, ""},
				{"a label of its own that pods are placed by", "PATCH", "/api/v1/nodes/n1", asMerge, `{"metadata":{"labels":{"node-restriction.kubernetes.io/a":"b"}}}`},
				{"a label of Kubernetes", "PATCH", "/api/v1/nodes/n1", asMerge, `{"metadata":{"labels":{"a.kubernetes.io/a":"b"}}}`},
				{"its taints", "PATCH", "/api/v1/nodes/n1", asMerge, `{"spec":{"taints":[]}}`},
				{"another's pod", "DELETE", pods + "/on-n2", asJSON, ""},
				{"the status of another's pod", "PATCH", pods + "/on-n2/status", asMerge, `{"status":{"message":"m"}}`},
				{"labels by a status", "PATCH", pods + "/on-n1/status", asMerge, `{"metadata":{"labels":{"a":"b"}}}`},
				{"the eviction of another's pod", "POST", pods + "/on-n2/eviction", asJSON, `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"on-n2"}}`},
				{"the token of another's account", "POST", accounts + "/n2/token", asJSON, token},
				{"a token of its own bound to another's pod", "POST", accounts + "/n1/token", asJSON, token},
				{"a token that is bound to nothing", "POST", accounts + "/n1/token", asJSON, `{"spec":{"audiences":["a"]}}`},
				{"another's lease", "PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2", asJSON, `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"n2"},"spec":{}}`},
				{"another's drivers", "POST", "/apis/storage.k8s.io/v1/csinodes", asJSON, `{"metadata":{"name":"n2"},"spec":{"drivers":[]}}`},
			} {
				if code, text := a.as("system:node:n1", "system:nodes", c.method, c.path, c.kind, c.body); code != http.StatusForbidden {
					a.Errorf("%s: %d %.200s", c.name, code, text)
				}
			}
		},
	}.Test(t)
}
