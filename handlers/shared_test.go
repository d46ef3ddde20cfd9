package handlers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// TestSharedObjects: what another server has stored in the version of one group is read, listed, watched, patched and deleted
// through each group that shows the same objects, whichever form it lies in.
func TestSharedObjects(t *testing.T) {
	core, events := &corev1.Event{}, &eventsv1.Event{}
	core.APIVersion, core.Kind, core.Namespace, core.Reason, core.Message = "v1", "Event", "default", "Tried", "said"
	events.APIVersion, events.Kind, events.Namespace, events.Reason, events.Note = "events.k8s.io/v1", "Event", "default", "Tried", "said"
	stored := map[string][]byte{}
	for name, o := range map[string]runtime.Object{"core": core, "events": events} {
		o.(interface{ SetName(string) }).SetName(name + "-json")
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		stored[name+"-json"] = append(b, '\n')
		o.(interface{ SetName(string) }).SetName(name + "-protobuf")
		if stored[name+"-protobuf"], err = codec.MarshalProtobuf(o); err != nil {
			t.Fatal(err)
		}
	}
	for path, note := range map[string]string{"/api/v1": "message", "/apis/events.k8s.io/v1": "note"} {
		s, backend := newServerOn(t)
		for name, b := range stored {
			if _, err := backend.Create(context.Background(), resource.KeysOf("", "events").Key("default", name), b, 0); err != nil {
				t.Fatal(err)
			}
		}
		path += "/namespaces/default/events"
		code, list := s.do("GET", path, nil)
		if items, _ := list["items"].([]any); code != http.StatusOK || len(items) != len(stored) {
			t.Errorf("%s: %d %v", path, code, list)
		}
		if code, list = s.do("GET", path+"?fieldSelector=reason%3DTried", nil); code != http.StatusOK || len(list["items"].([]any)) != len(stored) {
			t.Errorf("%s by reason: %d %v", path, code, list)
		}
		if seen := s.watched(path, len(stored)); strings.Contains(seen, "ERROR") || strings.Count(seen, `"`+note+`":"said"`) != len(stored) {
			t.Errorf("%s, watched: %s", path, seen)
		}
		for name := range stored {
			if code, o := s.do("GET", path+"/"+name, nil); code != http.StatusOK || o[note] != "said" || o.at("metadata", "name") != name {
				t.Errorf("%s/%s: %d %v", path, name, code, o)
			}
			if code, o := s.do("PATCH", path+"/"+name, `{"metadata":{"labels":{"a":"b"}}}`); code != http.StatusOK || o.at("metadata", "labels", "a") != "b" || o[note] != "said" {
				t.Errorf("PATCH %s/%s: %d %v", path, name, code, o)
			}
			if code, o := s.do("DELETE", path+"/"+name, nil); code != http.StatusOK {
				t.Errorf("DELETE %s/%s: %d %v", path, name, code, o)
			}
		}
	}
}

// newServerOn is a started server and what it keeps its objects in.
func newServerOn(t *testing.T) (*server, storage.Feeder) {
	t.Helper()
	backend := memory.New(memory.Options{})
	s := loadingServer(t, backend)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, backend
}

// watched are the first n events of a watch.
func (s *server) watched(path string, n int) string {
	s.t.Helper()
	res, err := http.Get(s.http.URL + path + separator(path) + "watch=true")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var out strings.Builder
	for lines := bufio.NewScanner(res.Body); n > 0 && lines.Scan(); n-- {
		out.WriteString(lines.Text() + "\n")
	}
	return out.String()
}

// separator is what stands before one more parameter.
func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}
