package verb

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/websocket"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/h1"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// serve lets clients in over the network. carried lets the connection carry watches, as the server does.
func (f *fixture) serve(t *testing.T, carried bool) string {
	t.Helper()
	carrier := &h1.Carrier{}
	server := httptest.NewServer(carrier.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r := pipeline.NewRequest(w, req, pipeline.ParseInfo(req.Method, req.URL.Path))
		r.Resource = f.pods
		pipeline.Serve(r, f.handlers.Handle, slog.New(slog.DiscardHandler))
	}), func(*http.Request) bool { return carried }))
	t.Cleanup(func() {
		carrier.Close()
		server.Close()
	})
	return server.URL
}

// put writes pod i under the name of pod at; the labels and the node are those of i.
func (f *fixture) put(t *testing.T, at, i int) {
	t.Helper()
	key, value := f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", at)), f.stored(t, i)
	_, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return value, nil })
	if err != nil {
		if _, err = f.handlers.Store.Create(t.Context(), key, value, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// event is one line of a watch in short: type, name and revision of the object.
func event(t *testing.T, line []byte) string {
	t.Helper()
	var e struct {
		Type   string
		Object struct {
			Kind     string
			Metadata metav1.ObjectMeta
			Code     int
		}
	}
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatalf("%v: %.200q", err, line)
	}
	out := fmt.Sprint(e.Type, " ", e.Object.Metadata.Name, "@", e.Object.Metadata.ResourceVersion)
	if e.Object.Metadata.Annotations[initialEventsEnd] != "" {
		out += " end"
	}
	return out
}

// Watches of all sorts on the same changes: each sees its own turns, from its own beginning, also over WebSocket, whoever
// carries them.
func TestWatchesOfTheSameChanges(t *testing.T) {
	for _, carried := range []bool{false, true} {
		t.Run(fmt.Sprint(carried), func(t *testing.T) { testWatches(t, carried) })
	}
}

func testWatches(t *testing.T, carried bool) {
	f := newFixture(t, 3) // at revisions 2, 3 and 4
	url := f.serve(t, carried)
	follow := func(query string) func() string {
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		req, err := http.NewRequestWithContext(ctx, "GET", url+"/api/v1/namespaces/ns/pods?watch=1&"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", query, resp, err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		lines := bufio.NewReader(resp.Body)
		return func() string {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			return event(t, line)
		}
	}
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(url, "http")+"/api/v1/namespaces/ns/pods?watch=1&resourceVersion=4", "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	ws, err := websocket.DialConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	socket := func() string {
		var message string
		if err := websocket.Message.Receive(ws, &message); err != nil {
			t.Fatal(err)
		}
		return event(t, []byte(message))
	}
	watches := map[string]func() string{
		"all": follow("resourceVersion=4"), "all too": follow("resourceVersion=4"), "socket": socket,
		"app": follow("resourceVersion=4&labelSelector=app%3Dapp-1"), "node": follow("resourceVersion=4&fieldSelector=spec.nodeName%3Dnode-1"),
		"name":        follow("resourceVersion=4&fieldSelector=metadata.name%3Dpod-00001"),
		"state first": follow("resourceVersion=4&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=app%3Dapp-1"),
	}
	f.put(t, 0, 1) // 5: app-1, node-1
	f.put(t, 1, 2) // 6: no longer
	f.put(t, 0, 0) // 7: no longer
	f.put(t, 9, 1) // 8: new
	all := []string{"MODIFIED pod-00001@5", "MODIFIED pod-00002@6", "MODIFIED pod-00000@7", "ADDED pod-00001@8"}
	turns := []string{"ADDED pod-00001@5", "DELETED pod-00001@6", "DELETED pod-00001@7", "ADDED pod-00001@8"}
	for name, want := range map[string][]string{
		"all": all, "all too": all, "socket": all, "app": turns, "node": turns, "name": {"MODIFIED pod-00002@6"},
		"state first": append([]string{"ADDED pod-00001@3", "BOOKMARK @4 end"}, turns...),
	} {
		var got []string
		for range want {
			got = append(got, watches[name]())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	late := follow("resourceVersion=5")
	for _, want := range all[1:] {
		if got := late(); got != want {
			t.Errorf("late: %s, want %s", got, want)
		}
	}
}

// A watch in protobuf is messages of its own over WebSocket, without the length that a stream has.
func TestSocketInProtobuf(t *testing.T) {
	f := newFixture(t, 1)
	url := f.serve(t, true)
	config, err := websocket.NewConfig("ws"+strings.TrimPrefix(url, "http")+"/api/v1/pods?watch=1&resourceVersion=0", "http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	config.Header.Set("Accept", protoAccept)
	ws, err := websocket.DialConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	var message []byte
	var kind byte
	received := websocket.Codec{Unmarshal: func(data []byte, payloadType byte, _ any) error {
		message, kind = data, payloadType
		return nil
	}}
	if err := received.Receive(ws, nil); err != nil {
		t.Fatal(err)
	}
	if kind != websocket.BinaryFrame || len(message) < 7 || message[0] != 1<<3|2 || string(message[2:7]) != "ADDED" {
		t.Errorf("a frame of type %d: %q", kind, message[:min(len(message), 40)])
	}
}

// Without an Origin the handshake fails: a browser always sends one.
func TestSocketNeedsAnOrigin(t *testing.T) {
	f := newFixture(t, 0)
	req, err := http.NewRequestWithContext(t.Context(), "GET", f.serve(t, true)+"/api/v1/pods?watch=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, %v", resp.StatusCode, err)
	}
}

func TestIsWebSocket(t *testing.T) {
	for connection, want := range map[string]bool{"Upgrade": true, "keep-alive, upgrade": true, "": false, "upgraded": false} {
		if got := isWebSocket(http.Header{"Upgrade": {"WebSocket"}, "Connection": {connection}}); got != want {
			t.Errorf("%q: %v", connection, got)
		}
	}
	if isWebSocket(http.Header{"Upgrade": {"h2c"}, "Connection": {"Upgrade"}}) {
		t.Error("h2c is taken for WebSocket")
	}
}
