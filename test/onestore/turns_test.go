package onestore

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestTurns lets our server, the reference and our server again run over one data directory, each finding what the others
// left and adding to it.
func TestTurns(t *testing.T) {
	referenceBinary(t, "kube-apiserver")
	dir := t.TempDir()
	ours, side := startOurs(t, dir)
	first, second := halves(documents(t))
	createAll(t, side, first)
	before := everything(t, side)
	ours.Stop()

	etcd, address := startEtcd(t, filepath.Join(dir, "etcd"))
	reference := startReference(t, address)
	between := everything(t, reference.side)
	holdsAll(t, "the reference after ours", between, before, true)
	createAll(t, reference.side, second)
	touched := touchAll(t, reference.side, first)
	before = everything(t, reference.side)
	reference.stop()
	etcd.stop()

	ours.Restart()
	side = ourSide(t, ours)
	after := everything(t, side)
	holdsAll(t, "ours after the reference", after, before, false)
	for path, revision := range touched {
		if got := after.objects[path].text("metadata", "resourceVersion"); got != revision {
			t.Errorf("%s is at revision %s, the reference left it at %s", path, got, revision)
		}
	}
	if len(touched) == 0 {
		t.Error("the reference changed nothing")
	}
	for _, d := range append(first, second...) {
		path := collection(d.row, false) + "/" + d.object.text("metadata", "name")
		if code, o := side.do("PATCH", path, object{"metadata": object{"labels": object{"onestore": "third"}}}); code != http.StatusOK {
			t.Errorf("PATCH %s: %d %v", path, code, o["message"])
		}
	}
}

// halves are the first document of every kind, and the others. Those that a controller of the reference deletes or that
// delete others are left out.
func halves(all []document) (first, second []document) {
	seen := map[string]bool{}
	for _, d := range all {
		switch key := groupVersion(d.row) + "/" + d.row.Resource; {
		case d.row.Resource == "ipaddresses":
			// The reference takes those away whose service does not exist.
		case seen[key]:
			second = append(second, d)
		default:
			seen[key] = true
			first = append(first, d)
		}
	}
	return first, second
}

func createAll(t *testing.T, s *side, list []document) {
	t.Helper()
	if code, o := s.do("GET", "/api/v1/namespaces/"+namespace, nil); code == http.StatusNotFound {
		if code, o = s.do("POST", "/api/v1/namespaces", object{"metadata": object{"name": namespace}}); code != http.StatusCreated {
			t.Fatal(code, o)
		}
	}
	for _, d := range list {
		path := collection(d.row, false)
		if code, o := s.do("POST", path, d.object); code != http.StatusCreated {
			t.Fatalf("%s: POST %s: %d %v", s.name, path, code, o["message"])
		}
		for _, sub := range d.puts {
			(&pair{t: t}).change(s, path+"/"+d.object.text("metadata", "name"), sub, func(o object) { o["status"] = d.object["status"] })
		}
	}
}

// touchAll changes objects and returns their new revisions by path.
func touchAll(t *testing.T, s *side, list []document) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, d := range list {
		if d.row.StoredAsJSON || d.row.Group == "flowcontrol.apiserver.k8s.io" {
			continue // the reference has controllers that write these at a time of their own
		}
		path := collection(d.row, false) + "/" + d.object.text("metadata", "name")
		code, o := s.do("PATCH", path, object{"metadata": object{"labels": object{"onestore": "second"}}})
		if code != http.StatusOK {
			t.Fatalf("%s: PATCH %s: %d %v", s.name, path, code, o["message"])
		}
		out[path] = o.text("metadata", "resourceVersion")
	}
	return out
}

// contents are all objects that a server shows, by path, and the newest revision it has told of.
type contents struct {
	objects  map[string]object
	revision int64
}

func everything(t *testing.T, s *side) contents {
	t.Helper()
	c := contents{objects: map[string]object{}}
	for _, row := range stored() {
		code, list := s.do("GET", collection(row, true), nil)
		if code != http.StatusOK {
			t.Fatalf("%s: LIST %s %s: %d %v", s.name, groupVersion(row), row.Resource, code, list["message"])
		}
		var revision int64
		if _, err := fmt.Sscan(list.text("metadata", "resourceVersion"), &revision); err != nil || revision < c.revision {
			t.Errorf("%s: LIST %s is at revision %q after %d", s.name, row.Resource, list.text("metadata", "resourceVersion"), c.revision)
		}
		c.revision = revision
		items, _ := list["items"].([]any)
		for _, item := range items {
			o := object(item.(map[string]any))
			path := "/apis/" + groupVersion(row)
			if row.Group == "" {
				path = "/api/v1"
			}
			if n := o.text("metadata", "namespace"); n != "" {
				path += "/namespaces/" + n
			}
			c.objects[path+"/"+row.Resource+"/"+o.text("metadata", "name")] = o
		}
	}
	return c
}

// holdsAll says whether a server shows what another left. What belongs to the servers themselves they may bring up to date;
// so may the reference's controllers what they look after, which the second server therefore leaves open.
func holdsAll(t *testing.T, who string, now, before contents, open bool) {
	t.Helper()
	if now.revision < before.revision {
		t.Errorf("%s: revision %d after %d", who, now.revision, before.revision)
	}
	for path, want := range before.objects {
		got, ok := now.objects[path]
		switch {
		case strings.Contains(path, "/leases/"+ownLease): // a server's own, which comes and goes with it
		case !ok:
			if want.text("metadata", "namespace") != "kube-system" {
				t.Errorf("%s: %s is gone", who, path)
			}
		case got.text("metadata", "uid") != want.text("metadata", "uid"):
			t.Errorf("%s: %s is another object", who, path)
		case got.text("metadata", "resourceVersion") == want.text("metadata", "resourceVersion") || !open && want.text("metadata", "namespace") == namespace:
			if d := differ("", map[string]any(want), map[string]any(got)); d != "" {
				t.Errorf("%s: %s:\n%s", who, path, d)
			}
		}
	}
}
