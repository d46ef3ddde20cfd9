package onestore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// side is one of the servers, as an administrator sees it.
type side struct {
	t      *testing.T
	name   string
	url    string
	token  string
	client *http.Client
}

const (
	jsonType  = "application/json"
	protoType = "application/vnd.kubernetes.protobuf"
	yamlType  = "application/yaml"
	tableType = "application/json;as=Table;v=v1;g=meta.k8s.io"
)

func (s *side) request(ctx context.Context, method, path, accept string, body []byte, contentType string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return s.client.Do(r)
}

// try is do for a server that may not be there: code 0.
func (s *side) try(method, path, accept string, body []byte, contentType string) (int, []byte) {
	answer, err := s.request(context.Background(), method, path, accept, body, contentType)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return answer.StatusCode, b
}

// get is the body of an answer in a form.
func (s *side) get(path, accept string) (int, []byte) { return s.try("GET", path, accept, nil, "") }

// do sends an object, if there is one, and returns the code and the object that came back.
func (s *side) do(method, path string, o object) (int, object) {
	s.t.Helper()
	var body []byte
	contentType := ""
	if o != nil {
		var err error
		if body, err = json.Marshal(o); err != nil {
			s.t.Fatal(err)
		}
		contentType = jsonType
		if method == "PATCH" {
			contentType = "application/merge-patch+json"
			if strings.Contains(path, "fieldManager=") {
				contentType = "application/apply-patch+yaml"
			}
		}
	}
	code, b := s.try(method, path, jsonType, body, contentType)
	var out object
	if err := json.Unmarshal(b, &out); err != nil {
		s.t.Fatalf("%s: %s %s: %d %s", s.name, method, path, code, b)
	}
	return code, out
}

// watch follows a collection in a goroutine that ends with the test or its watch.
type watch struct {
	side *side
	path string
	mu   sync.Mutex
	// lines are the events as they came; err is why there are no more.
	lines []string
	err   error
}

func (s *side) watch(ctx context.Context, path, revision string) *watch {
	w := &watch{side: s, path: path}
	answer, err := s.request(ctx, "GET", path+"?watch=true&resourceVersion="+revision, jsonType, nil, "")
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: watch %s: %v %v", s.name, path, answer, err)
	}
	go func() {
		defer answer.Body.Close()
		lines := bufio.NewReader(answer.Body)
		for {
			line, err := lines.ReadString('\n')
			w.mu.Lock()
			if line != "" {
				w.lines = append(w.lines, line)
			}
			w.err = err
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return w
}

// through waits for the last event of an object that is gone and returns all events up to it.
func (w *watch) through(uid string) ([]string, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		lines, err := w.lines, w.err
		w.mu.Unlock()
		for i, line := range lines {
			if strings.HasPrefix(line, `{"type":"DELETED"`) && strings.Contains(line, uid) {
				return lines[:i+1], nil
			}
		}
		if err != nil {
			return lines, fmt.Errorf("%s: watch %s ended: %w", w.side.name, w.path, err)
		}
	}
	return w.lines, fmt.Errorf("%s: watch %s: no DELETED event of %s among %q", w.side.name, w.path, uid, w.lines)
}
