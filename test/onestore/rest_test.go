package onestore

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// others are the keys of upstream that hold no object of the API.
var others = []string{"/masterleases/", "/peerserverleases/", "/ranges/serviceips", "/ranges/servicenodeports"}

// TestRest is about what lies beside the objects: bitmaps, leases and the marks of compaction. Both servers give out
// addresses and ports, and the reference's repair loops find nothing to repair.
func TestRest(t *testing.T) {
	_, address := startEtcd(t, t.TempDir())
	reference := startReference(t, address)
	store := openStore(t, address, etcd.DefaultPrefix)
	untouched := keys(t, store, "/masterleases/", "/peerserverleases/", "/ranges/serviceips")
	_, ours := startOurs(t, t.TempDir(), "--etcd-servers="+address)
	knownKeys(t, store)

	service := func(name string, spec object) object {
		return object{"metadata": object{"name": name}, "spec": spec}
	}
	path := "/api/v1/namespaces/default/services"
	made := map[string]object{}
	for i, s := range []*side{reference.side, ours, reference.side, ours} {
		for kind, spec := range map[string]object{
			"port":     {"type": "NodePort", "ports": []object{{"port": 80}, {"name": "b", "port": 81}}},
			"balancer": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": []object{{"port": 80}}},
			"plain":    {"ports": []object{{"port": 80}}},
		} {
			if len(spec["ports"].([]object)) > 1 {
				spec["ports"].([]object)[0]["name"] = "a"
			}
			name := fmt.Sprintf("%s-%d", kind, i)
			code, o := s.do("POST", path, service(name, spec))
			if code != http.StatusCreated {
				t.Fatalf("%s: %d %v", s.name, code, o["message"])
			}
			made[name] = o
		}
	}
	// Neither gives out what the other has.
	for _, s := range []*side{reference.side, ours} {
		for _, name := range []string{"port-0", "port-1"} {
			taken := made[name].at("spec", "ports").([]any)[0].(map[string]any)["nodePort"]
			code, o := s.do("POST", path, service("thief", object{"type": "NodePort", "ports": []object{{"port": 80, "nodePort": taken}}}))
			if code != http.StatusUnprocessableEntity || !strings.Contains(o.text("message"), "provided port is already allocated") {
				t.Errorf("%s gives out the port of %s: %d %v", s.name, name, code, o["message"])
			}
			code, o = s.do("POST", path, service("thief", object{"clusterIP": made[name].text("spec", "clusterIP"), "ports": []object{{"port": 80}}}))
			if code != http.StatusUnprocessableEntity || !strings.Contains(o.text("message"), "already allocated") {
				t.Errorf("%s gives out the address of %s: %d %v", s.name, name, code, o["message"])
			}
		}
	}
	portsAre(t, store, ours)
	addresses := addressesAre(t, reference.side, ours)

	// These end with the reference, so this is the time to look.
	for key := range untouched {
		if _, _, err := store.Get(t.Context(), key); err != nil {
			t.Error(err)
		}
	}

	// A start is when the repair loops look at everything.
	reference.stop()
	again := startReference(t, address)
	portsAre(t, store, ours)
	if now := addressesAre(t, again.side, ours); !slices.Equal(now, addresses) {
		t.Errorf("the reference's start changed addresses:\n%v\n%v", addresses, now)
	}
	for _, line := range strings.Split(again.output(), "\n") {
		if strings.Contains(line, "repair") && (strings.HasPrefix(line, "E") || strings.HasPrefix(line, "W")) {
			t.Errorf("the reference repairs: %s", line)
		}
	}
	// It follows services and addresses by two watches, and says ClusterIPNotAllocated when the service comes first: whether
	// an address was really missing is what addressesAre has found out.
	_, events := again.do("GET", "/api/v1/events", nil)
	for _, e := range events["items"].([]any) {
		if e := object(e.(map[string]any)); e["reason"] != "ClusterIPNotAllocated" && strings.Contains(e.text("source", "component")+e.text("reportingComponent"), "repair") {
			t.Errorf("the reference complains: %v %v", e["reason"], e["message"])
		}
	}

	// What one gave out the other takes back.
	for i, s := range []*side{ours, again.side, again.side, ours} {
		for _, kind := range []string{"port", "balancer", "plain"} {
			if code, o := s.do("DELETE", fmt.Sprintf("%s/%s-%d", path, kind, i), nil); code != http.StatusOK {
				t.Errorf("%s: %d %v", s.name, code, o["message"])
			}
		}
	}
	portsAre(t, store, ours)
	addressesAre(t, again.side, ours)
	knownKeys(t, store)
}

func keys(t *testing.T, store *etcd.Store, prefixes ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, p := range prefixes {
		list, err := store.List(context.Background(), p, storage.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range list.Items {
			out[kv.Key] = kv.Value
		}
	}
	return out
}

// knownKeys says whether everything in the store is below the key of a row, or known otherwise.
func knownKeys(t *testing.T, store *etcd.Store) {
	t.Helper()
	prefixes := slices.Clone(others)
	for _, row := range stored() {
		key := row.Key
		if key == "" {
			key = row.Resource
		}
		prefixes = append(prefixes, "/"+key+"/", "/"+row.Group+"/"+key+"/")
	}
	for key := range keys(t, store, "/") {
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%s belongs to nothing that is known", key)
		}
	}
}

// portsAre compares the bitmap with the services that there are.
func portsAre(t *testing.T, store *etcd.Store, s *side) {
	t.Helper()
	want := new(big.Int)
	_, list := s.do("GET", "/api/v1/services", nil)
	for _, item := range list["items"].([]any) {
		o := object(item.(map[string]any))
		ports, _ := o.at("spec", "ports").([]any)
		for _, p := range append(ports, map[string]any{"nodePort": o.at("spec", "healthCheckNodePort")}) {
			if n, ok := p.(map[string]any)["nodePort"].(float64); ok && n > 0 {
				want.SetBit(want, int(n)-30000, 1)
			}
		}
	}
	kv, _, err := store.Get(t.Context(), "/ranges/servicenodeports")
	if err != nil {
		t.Fatal(err)
	}
	var text string
	got := new(big.Int)
	rewrite(t, kv.Value[len("k8s\x00"):], 2, func(raw []byte) []byte {
		rewrite(t, raw, 2, func(b []byte) []byte { text = string(b); return b })
		rewrite(t, raw, 3, func(b []byte) []byte { got.SetBytes(b); return b })
		return raw
	})
	if text != "30000-32767" || got.Cmp(want) != 0 {
		t.Errorf("the range %s holds %x, the services %x", text, got, want)
	}
	if kind, _ := protowire.ConsumeBytes(kv.Value[5:]); !strings.Contains(string(kind), "RangeAllocation") {
		t.Errorf("the range is stored as %q", kv.Value[:40])
	}
}

// addressesAre compares the address objects, which both servers must show alike, with the services that there are.
func addressesAre(t *testing.T, reference, ours *side) []string {
	t.Helper()
	read := func(s *side) (out []string) {
		_, list := s.do("GET", "/apis/networking.k8s.io/v1/ipaddresses", nil)
		for _, item := range list["items"].([]any) {
			o := object(item.(map[string]any))
			labels, _ := o.at("metadata", "labels").(map[string]any)
			out = append(out, fmt.Sprint(o.text("metadata", "name"), " ", o.at("metadata", "resourceVersion"), " ", labels, " ", o.at("spec", "parentRef")))
		}
		return out
	}
	got := read(ours)
	if theirs := read(reference); !slices.Equal(theirs, got) {
		t.Errorf("addresses differ:\n%v\n%v", theirs, got)
	}
	_, list := ours.do("GET", "/api/v1/services", nil)
	items := list["items"].([]any)
	if len(items) != len(got) {
		t.Errorf("%d services have %d addresses", len(items), len(got))
	}
	for _, item := range items {
		o := object(item.(map[string]any))
		want := fmt.Sprintf("map[ipaddress.kubernetes.io/ip-family:IPv4 ipaddress.kubernetes.io/managed-by:ipallocator.k8s.io] map[name:%s namespace:%s resource:services]",
			o.text("metadata", "name"), o.text("metadata", "namespace"))
		if !slices.ContainsFunc(got, func(a string) bool {
			return strings.HasPrefix(a, o.text("spec", "clusterIP")+" ") && strings.HasSuffix(a, want)
		}) {
			t.Errorf("%s has no address object like %s %s", o.text("metadata", "name"), o.text("spec", "clusterIP"), want)
		}
	}
	return got
}
