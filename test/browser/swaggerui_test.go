package browser

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A person opens Swagger UI, is refused, logs in with a token, lists pods and creates a namespace.
func TestSwaggerUI(t *testing.T) {
	Find(t) // before the server, which takes longer to see that nothing can be done
	base, token := server(t)
	b := Open(t)
	// Not a figure to meet: a page that never gets there must not hang the run.
	ctx, cancel := context.WithTimeout(b.Context, 3*time.Minute)
	defer cancel()
	b.Context = ctx
	ui, err := OpenSwaggerUI(b, base)
	if err != nil {
		t.Fatal(err, b.Problems())
	}
	if groups, err := ui.Filter("apps"); err != nil || !slices.Equal(groups, []string{"apps", "apps_v1"}) {
		t.Errorf("groups with apps: %v %v", groups, err)
	}
	if _, err := ui.Filter("core_v1"); err != nil {
		t.Fatal(err)
	}
	list := Call{Tag: "core_v1", Operation: "listCoreV1NamespacedPod", Parameters: map[string]string{"namespace": "default"}}
	if a, err := ui.Do(list); err != nil || a.Status != "401" && a.Status != "403" {
		t.Errorf("without a token: %+v %v", a, err)
	}

	// A fresh page: it forgets what was typed, and would forget a token.
	if ui, err = OpenSwaggerUI(b, base); err != nil {
		t.Fatal(err)
	}
	if err := ui.Login(token); err != nil {
		t.Fatal(err)
	}
	if a, err := ui.Do(list); err != nil || a.Status != "200" || !strings.Contains(a.Body, `"PodList"`) {
		t.Errorf("pods: %+v %v", a, err)
	} else if !strings.Contains(a.Request, "Bearer "+token) {
		t.Errorf("the request shown is %s", a.Request)
	}
	name := fmt.Sprintf("browser-%d", os.Getpid())
	body, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := ui.Do(Call{Tag: "core_v1", Operation: "createCoreV1Namespace", Body: string(body)})
	if err != nil || a.Status != "201" || !strings.Contains(a.Body, name) {
		t.Fatalf("namespace: %+v %v", a, err)
	}
	if code := status(t, http.MethodGet, base+"/api/v1/namespaces/"+name, token); code != http.StatusOK {
		t.Errorf("the namespace is not there: %d", code)
	}
	if code := status(t, http.MethodDelete, base+"/api/v1/namespaces/"+name, token); code != http.StatusOK {
		t.Errorf("remove the namespace: %d", code)
	}

	// The token lives in the page and nowhere else.
	kept, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify([localStorage, sessionStorage, document.cookie])"))
	if err != nil || strings.Contains(kept, token) {
		t.Errorf("the page keeps %s, %v", kept, err)
	}
	if problems := b.Problems(); len(problems) != 0 {
		t.Errorf("the page complains: %s", strings.Join(problems, "\n"))
	}
}

func status(t *testing.T, method, url, token string) int {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
