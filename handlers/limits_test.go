package handlers_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
)

// protocols has a client for each, whose connections take little that nobody reads.
func protocols(t *testing.T) map[string]*http.Client {
	t.Helper()
	clients := map[string]*http.Client{}
	for _, name := range []string{"HTTP/1.1", "HTTP/2.0"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Protocols: new(http.Protocols), DisableCompression: true}
		transport.Protocols.SetHTTP1(name == "HTTP/1.1")
		transport.Protocols.SetHTTP2(name != "HTTP/1.1")
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(64 << 10)
			}
			return c, err
		}
		t.Cleanup(transport.CloseIdleConnections)
		clients[name] = &http.Client{Transport: transport}
	}
	return clients
}

// ask sends a request and reads no more than the head of its answer.
func ask(t *testing.T, client *http.Client, method, url string, body io.Reader, length int64) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = length
	return client.Do(r)
}

// sample is what a line of the metrics says, "" when there is none.
func sample(numbers *metrics.Metrics, name string) string {
	w := httptest.NewRecorder()
	numbers.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// A body that is announced and does not come ends the request with 504, with every verb; one that nobody
// reads does not keep an answer.
func TestSilentBody(t *testing.T) {
	_, served, numbers, _ := carrying(t, nil)
	for name, client := range protocols(t) {
		for _, c := range []struct {
			method, path string
			code         int
		}{
			{"POST", configMaps + "?timeout=300ms", 504},
			{"PUT", configMaps + "/a?timeout=300ms", 504},
			{"PATCH", configMaps + "/a?timeout=300ms", 0},
			{"DELETE", configMaps + "/a?timeout=300ms", 504},
			{"DELETE", configMaps + "?timeout=300ms", 504},
			{"POST", "/api/v1/madeup?timeout=300ms", 404},
			{"GET", "/version?timeout=300ms", 200},
		} {
			t.Run(name+" "+c.method+" "+c.path, func(t *testing.T) {
				body, more := io.Pipe()
				defer more.Close()
				go func() { _, _ = more.Write([]byte("{")) }()
				answer, err := ask(t, client, c.method, served.URL+c.path, body, 200_000)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				text, err := io.ReadAll(answer.Body)
				if err != nil || answer.Proto != name {
					t.Fatal(answer.Proto, err)
				}
				if c.code == 0 {
					return
				}
				if answer.StatusCode != c.code {
					t.Fatalf("%s %s", answer.Status, text)
				}
				if c.code != 504 {
					return
				}
				var status map[string]any
				if err := json.Unmarshal(text, &status); err != nil {
					t.Fatal(err)
				}
				if status["kind"] != "Status" || status["reason"] != "Timeout" || status["message"] != "Timeout: request did not complete within the allotted timeout" {
					t.Errorf("%s", text)
				}
			})
		}
	}
	const ended = `apiserver_request_terminations_total{code="504",component="apiserver",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1"}`
	if n := sample(numbers, ended); n != "2" {
		t.Errorf("%q were counted", n)
	}
}

// An answer that is not taken ends with the request's time, and its handler with it.
func TestUnreadAnswer(t *testing.T) {
	_, served, numbers, _ := carrying(t, nil)
	object := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"a"},"data":{"a":%q}}`, strings.Repeat("x", 900_000))
	for range 20 {
		answer, err := ask(t, served.Client(), "POST", served.URL+configMaps, strings.NewReader(object), int64(len(object)))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusCreated {
			t.Fatal(answer.Status)
		}
	}
	const running = `apiserver_current_inflight_requests{request_kind="readOnly"}`
	for name, client := range protocols(t) {
		for _, form := range []string{"application/json", "application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io"} {
			t.Run(name+" "+form, func(t *testing.T) {
				r, err := http.NewRequestWithContext(t.Context(), "GET", served.URL+configMaps+"?timeout=500ms&includeObject=Object", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Accept", form)
				answer, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				for end := time.Now().Add(20 * time.Second); sample(numbers, running) != "0"; time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%s requests are under way", sample(numbers, running))
					}
				}
				all, err := io.ReadAll(answer.Body)
				if err == nil {
					t.Errorf("all %d bytes came", len(all))
				}
				if bytes.Contains(all, []byte(`"Failure"`)) || errors.Is(err, t.Context().Err()) {
					t.Error("an error in the middle of an answer", err)
				}
			})
		}
	}
}
