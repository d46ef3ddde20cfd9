package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// api is a client for what kubectl cannot do: many requests at once, or requests that are held half way.
type api struct {
	url    string
	client *http.Client
}

// do sends a request and returns the status code and the body.
func (a api) do(ctx context.Context, method, path, body string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, b, err
}

// get decodes an object.
func (a api) get(t *testing.T, path string, into any) {
	t.Helper()
	code, b, err := a.do(t.Context(), http.MethodGet, path, "")
	if err != nil || code != http.StatusOK {
		t.Fatalf("GET %s: %d %s %v", path, code, b, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// configMaps is as much as the tests look at.
type configMaps struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Items []configMap `json:"items"`
}

type configMap struct {
	Metadata struct {
		Name            string `json:"name"`
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Data map[string]string `json:"data"`
}

const inDefault = "/api/v1/namespaces/default/configmaps"

func newConfigMap(name string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q},"data":{"name":%q}}`, name, name)
}

// watch is an open watch. Its events arrive on a channel, which is closed at its end; err is set before.
type watch struct {
	events chan watchEvent
	err    error
}

type watchEvent struct {
	Type   string    `json:"type"`
	Object configMap `json:"object"`
}

// watch opens a watch of config maps that ends with the context.
func (a api) watch(ctx context.Context, t *testing.T, path string) *watch {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("watch: %s", answer.Status)
	}
	w := &watch{events: make(chan watchEvent, 10_000)}
	go func() {
		defer close(w.events)
		defer answer.Body.Close()
		decoder := json.NewDecoder(answer.Body)
		for {
			var e watchEvent
			if err := decoder.Decode(&e); err != nil {
				w.err = err
				return
			}
			w.events <- e
		}
	}()
	return w
}
