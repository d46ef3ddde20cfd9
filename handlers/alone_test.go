package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

const testGrace = 20 * time.Millisecond

// aloneServer is a server with all of its own controllers, and gadgets, which are custom.
func aloneServer(t *testing.T, backend *memory.Store) *server {
	t.Helper()
	s := controlledServer(t, backend)
	s.Registry().Set(resource.Definitions, "gadgets.shop.dev", &resource.Part{Resources: []*resource.Resource{gadgets("shop.dev")}})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func controlledServer(t *testing.T, backend *memory.Store) *server {
	t.Helper()
	return serverOf(t, backend, handlers.Options{Controllers: []string{"*"}, NamespaceGrace: testGrace})
}

// serverOf is a server on a store that it may share, which it does not close.
func serverOf(t *testing.T, backend *memory.Store, o handlers.Options) *server {
	t.Helper()
	numbers, indexer := metrics.New(version.Info{}), &codec.Indexer{}
	store := cache.New(shared{backend}, cache.Options{Attributes: indexer.Attributes, Handed: numbers.Handed})
	o.Store, o.Indexer, o.Authenticator, o.Authorizer, o.Metrics = store, indexer, anyone{}, authz.AlwaysAllow{}, numbers
	h, err := handlers.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, h, store)
}

// shared is a store that servers share: none closes it.
type shared struct{ *memory.Store }

func (shared) Close() error { return nil }

const gadgetPath = "/apis/shop.dev/v1/namespaces/default/gadgets"

// create returns the object's UID.
func (s *server) create(path string, o object) string {
	s.t.Helper()
	code, out := s.do("POST", path, o)
	if code != http.StatusCreated {
		s.t.Fatalf("POST %s: %d %v", path, code, out)
	}
	uid, _ := out.at("metadata", "uid").(string)
	return uid
}

func owned(o object, owners ...object) object {
	o["metadata"].(map[string]any)["ownerReferences"] = owners
	return o
}

func owner(apiVersion, kind, name, uid string, block bool) object {
	return object{"apiVersion": apiVersion, "kind": kind, "name": name, "uid": uid, "blockOwnerDeletion": block}
}

func gadget(name string) object {
	return object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": map[string]any{"name": name}}
}

// names are those of a list, sorted.
func (s *server) names(path string) string {
	s.t.Helper()
	_, out := s.do("GET", path, nil)
	items, _ := out["items"].([]any)
	var names []string
	for _, item := range items {
		name, _ := object(item.(map[string]any)).at("metadata", "name").(string)
		if name != "kube-root-ca.crt" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// await waits until something is as it should be, which must be soon.
func await(t *testing.T, what, want string, got func() string) {
	t.Helper()
	last := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if last = got(); last == want {
			return
		}
	}
	t.Fatalf("%s: %q, want %q", what, last, want)
}

// TestCascades: the three ways to delete an owner, over kinds that are built in and one that is not, two deep. Two servers
// on one store do it together.
func TestCascades(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := aloneServer(t, backend)
	aloneServer(t, backend)
	for _, c := range []struct{ policy, left, gadgets string }{
		{"", "", ""},
		{"Background", "", ""},
		{"Foreground", "", ""},
		{"Orphan", "child grandchild", ""},
	} {
		parent := s.create(gadgetPath, gadget("parent"))
		child := s.create(configMaps, owned(configMap("child", ""), owner("shop.dev/v1", "Gadget", "parent", parent, true)))
		s.create(configMaps, owned(configMap("grandchild", ""), owner("v1", "ConfigMap", "child", child, true)))
		body := any(object{"propagationPolicy": c.policy})
		if c.policy == "" {
			body = nil
		}
		if code, out := s.do("DELETE", gadgetPath+"/parent", body); code != http.StatusOK {
			t.Fatalf("%s: %d %v", c.policy, code, out)
		}
		await(t, "gadgets after "+c.policy, c.gadgets, func() string { return s.names(gadgetPath) })
		await(t, "config maps after "+c.policy, c.left, func() string { return s.names(configMaps) })
		if c.policy != "Orphan" {
			continue
		}
		_, out := s.do("GET", configMaps+"/child", nil)
		if refs := out.at("metadata", "ownerReferences"); refs != nil {
			t.Errorf("an orphan names %v", refs)
		}
		s.do("DELETE", configMaps+"/child", nil)
		await(t, "what was the orphan's", "", func() string { return s.names(configMaps) })
	}
}

// TestForegroundWaits: an owner goes after those that block it, and not for those that do not.
func TestForegroundWaits(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := aloneServer(t, backend)
	parent := s.create(gadgetPath, gadget("parent"))
	held := owned(configMap("held", ""), owner("shop.dev/v1", "Gadget", "parent", parent, true))
	held["metadata"].(map[string]any)["finalizers"] = []string{"example.com/hold"}
	s.create(configMaps, held)
	free := owned(configMap("free", ""), owner("shop.dev/v1", "Gadget", "parent", parent, false))
	free["metadata"].(map[string]any)["finalizers"] = []string{"example.com/hold"}
	s.create(configMaps, free)
	s.do("DELETE", gadgetPath+"/parent", object{"propagationPolicy": "Foreground"})
	deleting := func(name string) func() string {
		return func() string {
			_, out := s.do("GET", configMaps+"/"+name, nil)
			return fmt.Sprint(out.at("metadata", "deletionTimestamp") != nil)
		}
	}
	await(t, "what blocks", "true", deleting("held"))
	await(t, "what does not", "true", deleting("free"))
	if _, out := s.do("GET", gadgetPath+"/parent", nil); fmt.Sprint(out.at("metadata", "finalizers")) != "[foregroundDeletion]" {
		t.Errorf("the owner does not wait: %v", out)
	}
	s.do("PATCH", configMaps+"/held", object{"metadata": object{"finalizers": nil}})
	await(t, "the owner", "", func() string { return s.names(gadgetPath) })
	if got := s.names(configMaps); got != "free" {
		t.Errorf("left: %q", got)
	}
}

// TestOwnersThatAreNot: what names an owner that is not there, or lies in another namespace, goes; what has another owner
// loses the reference only; what names a kind that nobody serves stays.
func TestOwnersThatAreNot(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := aloneServer(t, backend)
	s.create("/api/v1/namespaces", object{"metadata": map[string]any{"name": "other"}})
	elsewhere := s.create("/api/v1/namespaces/other/configmaps", configMap("far", ""))
	live := s.create(configMaps, configMap("live", ""))
	node := s.create("/api/v1/nodes", object{"metadata": map[string]any{"name": "n"}})
	never := owner("v1", "ConfigMap", "never", "00000000-0000-0000-0000-000000000000", true)
	for name, owners := range map[string][]object{
		"absent":      {never},
		"uid":         {owner("v1", "ConfigMap", "live", "00000000-0000-0000-0000-000000000001", false)},
		"cross":       {owner("v1", "ConfigMap", "far", elsewhere, false)},
		"two":         {never, owner("v1", "ConfigMap", "live", live, false)},
		"clusterwide": {owner("v1", "Node", "n", node, false)},
		"unknown":     {owner("nobody.dev/v1", "Thing", "x", "00000000-0000-0000-0000-000000000002", false)},
		"mixed":       {owner("nobody.dev/v1", "Thing", "x", "00000000-0000-0000-0000-000000000002", false), never},
	} {
		s.create(configMaps, owned(configMap(name, ""), owners...))
	}
	role := object{"metadata": map[string]any{"name": "bad"}}
	s.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", owned(role, owner("v1", "ConfigMap", "live", live, false)))
	await(t, "what is left", "clusterwide live mixed two unknown", func() string { return s.names(configMaps) })
	await(t, "the reference", "1", func() string {
		_, out := s.do("GET", configMaps+"/two", nil)
		refs, _ := out.at("metadata", "ownerReferences").([]any)
		return fmt.Sprint(len(refs))
	})
	s.do("DELETE", "/api/v1/nodes/n", nil)
	s.do("DELETE", configMaps+"/live", nil)
	await(t, "what is left then", "mixed unknown", func() string { return s.names(configMaps) })
	if code, _ := s.do("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/bad", nil); code != http.StatusOK {
		t.Errorf("an object without namespace went with an owner that has one: %d", code)
	}
}

// TestLeftBehind: what lost its owner, or was left half deleted, while no controllers ran is found when they start.
func TestLeftBehind(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	quiet := loadingServer(t, shared{backend})
	if err := quiet.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"Background", "Foreground", "Orphan"} {
		name := strings.ToLower(policy)
		uid := quiet.create(configMaps, configMap(name, ""))
		quiet.create(configMaps, owned(configMap("of-"+name, ""), owner("v1", "ConfigMap", name, uid, true)))
		quiet.do("DELETE", configMaps+"/"+name, object{"propagationPolicy": policy})
	}
	quiet.create("/api/v1/namespaces", object{"metadata": map[string]any{"name": "going"}})
	quiet.do("DELETE", "/api/v1/namespaces/going", nil)
	if got := quiet.names(configMaps); got != "foreground of-background of-foreground of-orphan orphan" {
		t.Fatalf("something controls already: %q", got)
	}
	s := aloneServer(t, backend)
	await(t, "what is left", "of-orphan", func() string { return s.names(configMaps) })
	await(t, "the namespace", "404", func() string {
		code, _ := s.do("GET", "/api/v1/namespaces/going", nil)
		return fmt.Sprint(code)
	})
}

// TestNamespaceWithAThousandObjects goes, with all that is in it: pods first, custom objects too, and what a finalizer keeps
// is told of until it is gone.
func TestNamespaceWithAThousandObjects(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := aloneServer(t, backend)
	aloneServer(t, backend)
	s.create("/api/v1/namespaces", object{"metadata": map[string]any{"name": "shop"}})
	const in = "/api/v1/namespaces/shop/"
	var creating sync.WaitGroup
	for w := range 8 {
		creating.Go(func() {
			for i := range 110 {
				s.do("POST", in+"configmaps", configMap(fmt.Sprintf("c%d-%d", w, i), ""))
			}
		})
	}
	creating.Wait()
	for i := range 60 {
		s.create(in+"secrets", object{"metadata": map[string]any{"name": fmt.Sprint("s", i)}})
		s.create("/apis/shop.dev/v1/namespaces/shop/gadgets", gadget(fmt.Sprint("g", i)))
	}
	pod := func(name string, finalizers ...string) object {
		return object{"metadata": map[string]any{"name": name, "finalizers": finalizers}, "spec": object{"containers": []any{object{"name": "c", "image": "i"}}}}
	}
	s.create(in+"pods", pod("free"))
	s.create(in+"pods", pod("kept", "example.com/keep"))
	s.do("DELETE", "/api/v1/namespaces/shop", nil)
	condition := func(of string) func() string {
		return func() string {
			_, out := s.do("GET", "/api/v1/namespaces/shop", nil)
			list, _ := out.at("status", "conditions").([]any)
			for _, c := range list {
				if c := object(c.(map[string]any)); c["type"] == of {
					return fmt.Sprint(c["status"], " ", c["reason"], ": ", c["message"])
				}
			}
			return fmt.Sprint(out.at("status", "phase"))
		}
	}
	await(t, "while a pod is left", "False ContentDeleted: All content successfully deleted, may be waiting on finalization", condition("NamespaceDeletionContentFailure"))
	if pods, secrets := s.names(in+"pods"), s.names(in+"secrets"); pods != "kept" || len(strings.Fields(secrets)) != 60 {
		t.Errorf("pods %q, and %d secrets", pods, len(strings.Fields(secrets)))
	}
	if code, out := s.do("POST", in+"configmaps", configMap("late", "")); code != http.StatusForbidden {
		t.Errorf("a create in a namespace that goes: %d %v", code, out)
	}
	s.do("PATCH", in+"pods/kept", object{"metadata": object{"finalizers": nil}})
	await(t, "the namespace", "404", func() string {
		code, _ := s.do("GET", "/api/v1/namespaces/shop", nil)
		return fmt.Sprint(code)
	})
	for _, path := range []string{in + "configmaps", in + "secrets", in + "pods", in + "serviceaccounts", "/apis/shop.dev/v1/namespaces/shop/gadgets"} {
		if got := s.names(path); got != "" {
			t.Errorf("%s: %s is left", path, got)
		}
	}
}

// TestClaimsInUse: a claim goes after the pod that uses it, a volume when it is not bound, a class when nobody names it.
func TestClaimsInUse(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := aloneServer(t, backend)
	const claims, volumes, classes, pods = "/api/v1/namespaces/default/persistentvolumeclaims", "/api/v1/persistentvolumes", "/apis/storage.k8s.io/v1/volumeattributesclasses", "/api/v1/namespaces/default/pods"
	s.create(classes, object{"metadata": map[string]any{"name": "fast"}, "driverName": "d.example.com", "parameters": object{"a": "b"}})
	claim := object{"metadata": map[string]any{"name": "data"}, "spec": object{
		"accessModes": []string{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}}, "volumeAttributesClassName": "fast",
	}}
	s.create(claims, claim)
	s.create(volumes, object{"metadata": map[string]any{"name": "disk"}, "spec": object{
		"capacity": object{"storage": "1Gi"}, "accessModes": []string{"ReadWriteOnce"}, "hostPath": object{"path": "/tmp"},
	}})
	s.create(pods, object{"metadata": map[string]any{"name": "user"}, "spec": object{
		"nodeName": "n", "containers": []any{object{"name": "c", "image": "i"}}, "volumes": []any{object{"name": "v", "persistentVolumeClaim": object{"claimName": "data"}}},
	}})
	s.do("PATCH", volumes+"/disk/status", object{"status": object{"phase": "Bound"}})
	for path, finalizer := range map[string]string{claims + "/data": "pvc", volumes + "/disk": "pv", classes + "/fast": "vac"} {
		await(t, path, "[kubernetes.io/"+finalizer+"-protection]", func() string {
			_, out := s.do("GET", path, nil)
			return fmt.Sprint(out.at("metadata", "finalizers"))
		})
		s.do("DELETE", path, nil)
	}
	time.Sleep(300 * time.Millisecond)
	for _, path := range []string{claims + "/data", volumes + "/disk", classes + "/fast"} {
		if code, out := s.do("GET", path, nil); code != http.StatusOK || out.at("metadata", "deletionTimestamp") == nil {
			t.Errorf("%s is in use: %d %v", path, code, out)
		}
	}
	s.do("DELETE", pods+"/user", object{"gracePeriodSeconds": 0})
	s.do("PATCH", volumes+"/disk/status", object{"status": object{"phase": "Released"}})
	for _, path := range []string{claims + "/data", volumes + "/disk", classes + "/fast"} {
		await(t, path, "404", func() string {
			code, _ := s.do("GET", path, nil)
			return fmt.Sprint(code)
		})
	}
	_, _, numbers := s.page("/metrics")
	for _, name := range []string{"garbage_collector_attempt_to_delete", "garbage_collector_attempt_to_orphan", "namespace", "pvcprotection", "pvprotection", "vacprotection"} {
		if !strings.Contains(numbers, `workqueue_adds_total{name="`+name+`"}`) {
			t.Errorf("no numbers of %s", name)
		}
	}
}
