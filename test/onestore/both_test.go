package onestore

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// pair are the two servers on one etcd.
type pair struct {
	t         *testing.T
	reference *side
	ours      *side
	store     *etcd.Store
}

// TestBoth writes every kind in every version through each of the servers, and reads, changes and deletes it through the
// other.
func TestBoth(t *testing.T) {
	_, address := startEtcd(t, t.TempDir())
	reference := startReference(t, address)
	_, ours := startOurs(t, t.TempDir(), "--etcd-servers="+address)
	p := &pair{t: t, reference: reference.side, ours: ours, store: openStore(t, address, etcd.DefaultPrefix)}
	if code, got := ours.do("POST", "/api/v1/namespaces", object{"metadata": object{"name": namespace}}); code != http.StatusCreated {
		t.Fatal(code, got)
	}
	of := map[string][]document{}
	for _, d := range documents(t) {
		of[groupVersion(d.row)+"/"+d.row.Resource] = append(of[groupVersion(d.row)+"/"+d.row.Resource], d)
	}
	for _, row := range stored() {
		key := groupVersion(row) + "/" + row.Resource
		if len(of[key]) == 0 {
			for _, list := range of {
				if from := list[0].row; from.Kind == row.Kind && from.Storage == row.Storage && from.Version+from.Group != row.Version+row.Group {
					of[key] = p.inVersion(list, row)
					break
				}
			}
		}
		t.Run(key, func(t *testing.T) {
			if len(of[key]) == 0 {
				t.Fatal("no documents")
			}
			p.on(t).resource(row, of[key])
		})
	}
}

// on is the pair within a sub test.
func (p *pair) on(t *testing.T) *pair {
	reference, ours := *p.reference, *p.ours
	reference.t, ours.t = t, t
	return &pair{t: t, reference: &reference, ours: &ours, store: p.store}
}

// inVersion lets the reference say how documents look in another version.
func (p *pair) inVersion(list []document, row resources.Row) []document {
	var out []document
	for _, d := range list {
		code, o := p.reference.do("POST", collection(d.row, false), d.object)
		if code != http.StatusCreated {
			p.t.Fatalf("%s: %d %v", d.name(), code, o["message"])
		}
		name := o.text("metadata", "name")
		_, converted := p.reference.do("GET", collection(row, false)+"/"+name, nil)
		metadata := map[string]any{"name": name}
		for _, k := range []string{"labels", "annotations", "finalizers"} {
			if v := converted.at("metadata", k); v != nil {
				metadata[k] = v
			}
		}
		converted["metadata"] = metadata
		if converted["status"] = d.object["status"]; converted["status"] == nil {
			delete(converted, "status")
		}
		p.remove(p.reference, collection(d.row, false)+"/"+name)
		// Some versions accept less of a new object than what they show of an old one.
		if code, _ := p.reference.do("POST", collection(row, false)+"?dryRun=All", converted); code == http.StatusCreated {
			out = append(out, document{row: row, object: converted, puts: d.puts})
		}
	}
	return out
}

// resource takes all documents of one resource through both servers, with a watch on each.
func (p *pair) resource(row resources.Row, list []document) {
	t := p.t
	all := collection(row, true)
	code, before := p.reference.do("GET", all, nil)
	if code != http.StatusOK {
		t.Fatalf("the reference does not serve it: %d %v", code, before["message"])
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	revision := before.text("metadata", "resourceVersion")
	theirs, ours := p.reference.watch(ctx, all, revision), p.ours.watch(ctx, all, revision)
	last := ""
	for _, d := range list {
		t.Run(d.object.text("metadata", "name"), func(t *testing.T) {
			p := p.on(t)
			first := p.life(p.reference, p.ours, d)
			if t.Failed() {
				return
			}
			if row.Resource == "services" {
				d = allocated(d, first.created)
			}
			second := p.life(p.ours, p.reference, d)
			last = second.uid
			if row.Resource != "customresourcedefinitions" { // whose status upstream settles in writes of its own, ours in the first
				compareStates(t, row, first, second)
			}
		})
	}
	if last == "" {
		return
	}
	want, err := theirs.through(last)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ours.through(last)
	if err != nil {
		t.Fatal(err)
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("event %d of %d differs:\n%s", i, len(want), difference(t, []byte(want[i]), []byte(got[i])))
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d events at the reference, %d at ours", len(want), len(got))
	}
}

// allocated asks for the addresses and ports that another such service was given.
func allocated(d document, o object) document {
	d.object = d.object.clone()
	spec := d.object["spec"].(map[string]any)
	for _, k := range []string{"clusterIP", "clusterIPs", "healthCheckNodePort", "ports"} {
		if v := o.at("spec", k); v != nil {
			spec[k] = v
		}
	}
	return d
}

// states are what lay in the store during a life.
type states struct {
	uid, key string
	created  object
	// names and bytes of the states, in order.
	names  []string
	values [][]byte
}

func (s *states) add(name string, kv storage.KeyValue) {
	s.names, s.values = append(s.names, name), append(s.values, kv.Value)
}

// life creates a document at one server, writes its subresources and an update through the other, and deletes it there.
// After each write both answer the same.
func (p *pair) life(maker, other *side, d document) states {
	t := p.t
	t.Helper()
	code, o := maker.do("POST", collection(d.row, false), d.object)
	if code != http.StatusCreated {
		t.Fatalf("%s: create: %d %v", maker.name, code, o["message"])
	}
	path := collection(d.row, false) + "/" + o.text("metadata", "name")
	defer p.remove(other, path)
	s := states{uid: o.text("metadata", "uid"), created: o}
	s.key = p.key(d.row, o)
	p.same(path)
	s.add("created", p.at(s.key, o))
	managers := len(managed(o))
	for _, sub := range d.puts {
		o = p.change(other, path, sub, func(o object) { o["status"] = d.object["status"] })
		p.same(path)
		s.add(sub, p.at(s.key, o))
	}
	for _, writer := range []*side{other, maker} {
		o = p.change(writer, path, "", func(o object) {
			annotations, _ := o.metadata()["annotations"].(map[string]any)
			if annotations == nil {
				annotations = map[string]any{}
			}
			annotations["onestore.example.com/changed"] = fmt.Sprint(len(annotations))
			o.metadata()["annotations"] = annotations
			delete(o.metadata(), "managedFields") // which must not mean that there were none
		})
		p.same(path)
		s.add("updated", p.at(s.key, o))
	}
	if n := len(managed(o)); n < managers {
		t.Errorf("%d managers are left of %d", n, managers)
	}
	for i, writer := range []*side{maker, other, maker} {
		o = p.apply(writer, path, o, strconv.Itoa(i))
		p.same(path)
		s.add("applied", p.at(s.key, o))
	}
	if n := len(managed(o)); n < managers+1 {
		t.Errorf("%d managers are left of %d and an applier", n, managers)
	}
	p.sameLists(d.row)
	return s
}

// apply has one applier want an annotation, another one each time: what it wanted before goes, whichever server it asked.
func (p *pair) apply(writer *side, path string, o object, value string) object {
	p.t.Helper()
	code, got := writer.do("PATCH", path+"?fieldManager=applier", object{
		"apiVersion": o["apiVersion"], "kind": o["kind"],
		"metadata": map[string]any{"name": o.text("metadata", "name"), "annotations": map[string]any{"applied.example.com/" + value: value}},
	})
	if code != http.StatusOK {
		p.t.Fatalf("%s: apply %s: %d %v", writer.name, path, code, got["message"])
	}
	annotations, _ := got.metadata()["annotations"].(map[string]any)
	applied := 0
	for k := range annotations {
		if strings.HasPrefix(k, "applied.example.com/") {
			applied++
		}
	}
	if applied != 1 || annotations["applied.example.com/"+value] != value {
		p.t.Errorf("%s: applied %s to %s: %v", writer.name, value, path, annotations)
	}
	return got
}

func managed(o object) []any {
	list, _ := o.at("metadata", "managedFields").([]any)
	return list
}

// change writes the live object through a server, again when somebody else came first: the reference has controllers.
func (p *pair) change(writer *side, path, sub string, change func(object)) object {
	p.t.Helper()
	target := path
	if sub != "" {
		target += "/" + sub
	}
	for {
		_, o := writer.do("GET", path, nil)
		change(o)
		code, got := writer.do("PUT", target, o)
		switch code {
		case http.StatusOK:
			return got
		case http.StatusConflict:
			if !strings.Contains(got.text("message"), "the object has been modified") {
				p.t.Fatalf("%s: PUT %s: %v", writer.name, target, got["message"])
			}
		default:
			p.t.Fatalf("%s: PUT %s: %d %v", writer.name, target, code, got["message"])
		}
	}
}

// same reads an object from both servers in the forms that are made of the stored bytes.
func (p *pair) same(path string) {
	p.t.Helper()
	for _, accept := range []string{jsonType, protoType} {
		for {
			code, want := p.reference.get(path, accept)
			ourCode, got := p.ours.get(path, accept)
			if code == ourCode && string(want) == string(got) {
				break
			}
			// Somebody may have written between the two reads.
			if _, again := p.reference.get(path, accept); string(again) == string(want) {
				p.t.Errorf("GET %s as %s: %d at the reference, %d at ours\n%s", path, accept, code, ourCode, difference(p.t, want, got))
				break
			}
		}
	}
}

// sameLists reads a collection from both servers. The revision of the list is that of its reading.
func (p *pair) sameLists(row resources.Row) {
	p.t.Helper()
	for _, all := range []bool{false, true} {
		path := collection(row, all)
		for {
			code, want := p.reference.do("GET", path, nil)
			ourCode, got := p.ours.do("GET", path, nil)
			delete(want.metadata(), "resourceVersion")
			delete(got.metadata(), "resourceVersion")
			diff := differ("", map[string]any(want), map[string]any(got))
			if code == ourCode && diff == "" {
				break
			}
			_, again := p.reference.do("GET", path, nil)
			delete(again.metadata(), "resourceVersion")
			if differ("", map[string]any(again), map[string]any(want)) == "" {
				p.t.Errorf("LIST %s: %d at the reference, %d at ours\n%s", path, code, ourCode, diff)
				break
			}
		}
	}
}

// key is where the object must be; upstream's own reading of it proves that it is there.
func (p *pair) key(row resources.Row, o object) string {
	prefix := row.Key
	if prefix == "" {
		prefix = row.Resource
	}
	for _, prefix := range []string{"/" + prefix, "/" + row.Group + "/" + prefix} {
		if row.Namespaced {
			prefix += "/" + namespace
		}
		key := prefix + "/" + o.text("metadata", "name")
		if kv, _, err := p.store.Get(p.t.Context(), key); err == nil && strings.Contains(string(kv.Value), o.text("metadata", "uid")) {
			return key
		}
	}
	p.t.Fatalf("%v is under none of the keys of its kind", o["metadata"])
	return ""
}

// at is what lay under a key when the object was answered.
func (p *pair) at(key string, o object) storage.KeyValue {
	p.t.Helper()
	var revision int64
	if _, err := fmt.Sscan(o.text("metadata", "resourceVersion"), &revision); err != nil {
		p.t.Fatal(err)
	}
	list, err := p.store.List(p.t.Context(), key, storage.ListOptions{Revision: revision})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, kv := range list.Items {
		if kv.Key == key && kv.Revision == revision {
			return kv
		}
	}
	p.t.Fatalf("nothing is under %s at revision %d", key, revision)
	return storage.KeyValue{}
}

// remove deletes an object and its finalizers through a server, and waits until it is gone for both.
func (p *pair) remove(by *side, path string) {
	p.t.Helper()
	for range 100 {
		code, o := by.do("DELETE", path+"?gracePeriodSeconds=0&propagationPolicy=Background", nil)
		if code == http.StatusNotFound {
			if code, _ := p.ours.do("GET", path, nil); code != http.StatusNotFound {
				p.t.Errorf("ours still has %s", path)
			}
			if code, _ := p.reference.do("GET", path, nil); code != http.StatusNotFound {
				p.t.Errorf("the reference still has %s", path)
			}
			return
		}
		if code != http.StatusOK && code != http.StatusConflict && code != http.StatusAccepted {
			p.t.Fatalf("%s: DELETE %s: %d %v", by.name, path, code, o["message"])
		}
		by.do("PATCH", path, object{"metadata": object{"finalizers": nil}})
		if strings.HasPrefix(path, "/api/v1/namespaces/") && strings.Count(path, "/") == 4 {
			by.do("PUT", path+"/finalize", object{"metadata": object{"name": path[len("/api/v1/namespaces/"):]}, "spec": object{}})
		}
	}
	p.t.Fatalf("%s: %s cannot be deleted", by.name, path)
}
