package plugins

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// imageBackend is a real HTTPS server that judges images by their names, and the file that leads to it.
func imageBackend(t *testing.T, asked *atomic.Int32, last *atomic.Value) (file string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		last.Store(string(body))
		var review map[string]any
		if err := json.Unmarshal(body, &review); err != nil {
			t.Error(err)
		}
		switch text := string(body); {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(text, "broken"):
			w.WriteHeader(http.StatusTeapot)
		case strings.Contains(text, "garbage"):
			fmt.Fprint(w, "no JSON")
		case strings.Contains(text, "bad"):
			fmt.Fprint(w, `{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":{"allowed":false,"reason":"it is bad","auditAnnotations":{"why":"bad"}}}`)
		case strings.Contains(text, "silent"):
			fmt.Fprint(w, `{"status":{"allowed":false}}`)
		default:
			fmt.Fprint(w, `{"status":{"allowed":true,"auditAnnotations":{"looked":"yes"}}}`)
		}
	}))
	t.Cleanup(server.Close)
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: s, user: u}}]\nclusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]\nusers: [{name: u, user: {token: secret}}]\n", server.URL, ca)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func imagePolicy(t *testing.T, now func() time.Time, config string) *ImagePolicyWebhook {
	t.Helper()
	made, err := newImagePolicyWebhook(&Deps{Log: slog.New(slog.DiscardHandler), Now: now}, admission.Configured{Content: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	p := made.(*ImagePolicyWebhook) //nolint:forcetypeassert // it makes nothing else
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestImagePolicyWebhook(t *testing.T) {
	var asked atomic.Int32
	var last atomic.Value
	file := imageBackend(t, &asked, &last)
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	strict := imagePolicy(t, clock, fmt.Sprintf(`{"imagePolicy": {"kubeConfigFile": %q, "retryBackoff": 1, "allowTTL": 10, "denyTTL": 5}}`, file))
	open := imagePolicy(t, clock, fmt.Sprintf("imagePolicy: {kubeConfigFile: %q, retryBackoff: 1, defaultAllow: true}", file))
	const all = "{containers: [{image: a}, {image: %s}], initContainers: [{image: i}], ephemeralContainers: [{image: e}]}"
	annotations := func(a *admission.Attributes) string {
		var all []string
		a.Attempt.Tell(&resource.Recorder{Annotate: func(key, value string) { all = append(all, key+"="+value) }})
		return strings.Join(all, ",")
	}
	for _, c := range []struct {
		name, image string
		p           *ImagePolicyWebhook
		want, notes string
	}{
		{"good", "good", strict, "", "imagepolicywebhook.image-policy.k8s.io/looked=yes"},
		{"bad", "bad", strict, `pods "x" is forbidden: image policy webhook backend denied one or more images: it is bad`, "imagepolicywebhook.image-policy.k8s.io/why=bad"},
		{"bad, where failures are let through", "bad", open, "denied one or more images", "imagepolicywebhook.image-policy.k8s.io/why=bad"},
		{"without a reason", "silent", strict, "one or more images rejected by webhook backend", ""},
		{"a backend that fails", "broken", strict, "418", ""},
		{"a backend that fails, where that is let through", "broken", open, "", "imagepolicywebhook.image-policy.k8s.io/failed-open=true"},
		{"an answer that is none", "garbage", strict, "reading a webhook's answer", ""},
	} {
		o := pod(t, fmt.Sprintf(all, c.image))
		o.Annotations = map[string]string{"mine.image-policy.k8s.io/ticket": "7", "other": "x"}
		a := admissiontest.Request(admission.Create, podsResource, o, nil)
		admissiontest.Check(t, c.name, admissiontest.Run(c.p, a), c.want)
		if got := annotations(a); got != c.notes {
			t.Errorf("%s: annotations %s", c.name, got)
		}
		want := fmt.Sprintf(`{"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1","metadata":{"creationTimestamp":null},"spec":{"containers":[{"image":"a"},{"image":"%s"},{"image":"i"}],"annotations":{"mine.image-policy.k8s.io/ticket":"7"},"namespace":"ns"},"status":{"allowed":false}}`, c.image)
		if got := last.Load(); got != want {
			t.Errorf("%s: asked %s", c.name, got)
		}
	}
	later := admissiontest.Request(admission.Update, admissiontest.Pods("ephemeralcontainers"), pod(t, fmt.Sprintf(all, "bad")), pod(t, "{}"))
	admissiontest.Check(t, "containers that come later", admissiontest.Run(strict, later), "")
	if got := last.Load().(string); !strings.Contains(got, `"containers":[{"image":"e"}],`) { //nolint:forcetypeassert // it stores strings
		t.Errorf("asked %s", got)
	}
	before := asked.Load()
	admissiontest.Check(t, "status", admissiontest.Run(strict, admissiontest.Request(admission.Update, admissiontest.Pods("status"), pod(t, fmt.Sprintf(all, "bad")), nil)), "")
	question := func(image string) bool {
		before := asked.Load()
		_ = admissiontest.Run(strict, admissiontest.Request(admission.Create, podsResource, pod(t, "containers: [{image: "+image+"}]"), nil))
		return asked.Load() > before
	}
	if asked.Load() != before {
		t.Error("a status is asked about")
	}
	if !question("good") || question("good") || !question("bad") || question("bad") {
		t.Error("answers are not remembered")
	}
	now = now.Add(6 * time.Second)
	if question("good") || !question("bad") {
		t.Error("a refusal is remembered too long, or a permission too short")
	}
	now = now.Add(6 * time.Second)
	if !question("good") {
		t.Error("a permission is remembered too long")
	}
}

func TestImagePolicyConfiguration(t *testing.T) {
	var asked atomic.Int32
	var last atomic.Value
	file := imageBackend(t, &asked, &last)
	for _, c := range []struct{ config, want string }{
		{"", "no config specified"},
		{"imagePolicy: {kubeConfigFile: /nosuch}", "/nosuch"},
		{"imagePolicy: x", "cannot unmarshal"},
		{fmt.Sprintf("imagePolicy: {kubeConfigFile: %q, allowTTL: 1801}", file), "valid value is between 1s and 30m0s, got 30m1s"},
		{fmt.Sprintf("imagePolicy: {kubeConfigFile: %q, denyTTL: -2}", file), "valid value is between 1s and 30m0s, got -2s"},
		{fmt.Sprintf("imagePolicy: {kubeConfigFile: %q, retryBackoff: 300001}", file), "valid value is between 1ns and 5m0s, got 5m0.001s"},
		{fmt.Sprintf("imagePolicy: {kubeConfigFile: %q, retryBackoff: -1, allowTTL: -1, denyTTL: -1}", file), ""},
	} {
		_, err := newImagePolicyWebhook(&Deps{Log: slog.New(slog.DiscardHandler), Now: time.Now}, admission.Configured{Content: []byte(c.config)})
		admissiontest.Check(t, c.config, err, c.want)
	}
}
