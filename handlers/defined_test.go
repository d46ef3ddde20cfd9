package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// gadgetDefinition defines gadgets of shop.dev with both subresources; change may make another one of it.
func gadgetDefinition(change func(spec object)) object {
	spec := object{
		"group": "shop.dev", "scope": "Namespaced", "names": object{"plural": "gadgets", "kind": "Gadget", "shortNames": []string{"gd"}},
		"versions": []object{{
			"name": "v1", "served": true, "storage": true,
			"subresources":             object{"status": object{}, "scale": object{"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
			"additionalPrinterColumns": []object{{"name": "Color", "type": "string", "jsonPath": ".spec.color"}},
			"selectableFields":         []object{{"jsonPath": ".spec.color"}},
			"schema": object{"openAPIV3Schema": object{"type": "object", "properties": object{
				"spec":   object{"type": "object", "properties": object{"replicas": object{"type": "integer", "minimum": 0}, "color": object{"type": "string", "default": "red"}}},
				"status": object{"type": "object", "properties": object{"replicas": object{"type": "integer"}}},
			}}},
		}},
	}
	if change != nil {
		change(spec)
	}
	names := spec["names"].(object)
	return object{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": object{"name": fmt.Sprint(names["plural"], ".", spec["group"])}, "spec": spec}
}

// conditionOf is the status of a condition.
func conditionOf(o object, of string) string {
	list, _ := o.at("status", "conditions").([]any)
	for _, c := range list {
		if c := object(c.(map[string]any)); c["type"] == of {
			return fmt.Sprint(c["status"], " ", c["reason"])
		}
	}
	return ""
}

// TestDefined: what a definition defines is served when its writer is answered, with all that resources have; when it goes its
// objects go first, whoever watches them is told, and nothing is left.
func TestDefined(t *testing.T) {
	s := newServer(t)
	code, crd := s.do("POST", definitionsPath, gadgetDefinition(nil))
	if code != http.StatusCreated || conditionOf(crd, "Established") != "True InitialNamesAccepted" || conditionOf(crd, "NamesAccepted") != "True NoConflicts" || crd.at("status", "acceptedNames", "singular") != "gadget" {
		t.Fatal(code, crd)
	}
	const path = "/apis/shop.dev/v1/namespaces/default/gadgets"
	for _, c := range []struct {
		method, path string
		body         any
		code         int
		at           []string
		want         any
	}{
		{"POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "a"}, "spec": object{"extra": 1}, "status": object{"replicas": 9}}, 201, []string{"spec", "color"}, "red"},
		{"GET", path + "/a", nil, 200, []string{"spec", "extra"}, nil},
		{"GET", path + "/a", nil, 200, []string{"status"}, nil},
		{"GET", path + "/a/scale", nil, 500, []string{"reason"}, "InternalError"},
		{"PATCH", path + "/a/scale", `{"metadata":{"labels":{}}}`, 400, []string{"message"}, `the spec replicas field ".spec.replicas" cannot be empty`},
		{"PATCH", path + "/a/scale", `{"spec":{"replicas":3}}`, 200, []string{"spec", "replicas"}, 3.0},
		{"GET", path + "/a", nil, 200, []string{"metadata", "generation"}, 2.0},
		{"PATCH", path + "/a/status", `{"status":{"replicas":1},"spec":{"color":"blue"}}`, 200, []string{"spec", "color"}, "red"},
		{"GET", path + "/a/scale", nil, 200, []string{"status", "replicas"}, 1.0},
		{"PATCH", path + "/a", `{"spec":{"replicas":-1}}`, 422, []string{"reason"}, "Invalid"},
		{"PATCH", path + "/a", `{"kind":"Other"}`, 422, []string{"reason"}, "Invalid"},
		{"PUT", path + "/a", object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "a"}}, 422, []string{"reason"}, "Invalid"},
		{"GET", path + "?fieldSelector=spec.color%3Dred", nil, 200, []string{"kind"}, "GadgetList"},
		{"GET", path + "?fieldSelector=spec.size%3Dred", nil, 400, []string{"reason"}, "BadRequest"},
		{"GET", "/apis/shop.dev/v1", nil, 200, []string{"groupVersion"}, "shop.dev/v1"},
	} {
		code, got := s.do(c.method, c.path, c.body)
		if code != c.code || c.at != nil && got.at(c.at...) != c.want {
			t.Errorf("%s %s: %d %v, want %v", c.method, c.path, code, got, c.want)
		}
	}

	res, err := http.Get(s.http.URL + path + "?watch=true")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if code, crd := s.do("DELETE", definitionsPath+"/gadgets.shop.dev", nil); code != http.StatusOK || conditionOf(crd, "Terminating") != "True InstanceDeletionPending" {
		t.Errorf("deleted: %d %v", code, crd)
	}
	var events []string
	for lines := bufio.NewScanner(res.Body); lines.Scan(); { // which ends with the watch
		events = append(events, lines.Text())
	}
	if len(events) != 2 || !strings.HasPrefix(events[0], `{"type":"ADDED"`) || !strings.HasPrefix(events[1], `{"type":"DELETED"`) {
		t.Errorf("watched %q", events)
	}
	for _, gone := range []string{definitionsPath + "/gadgets.shop.dev", path, "/apis/shop.dev"} {
		if code, _, text := s.page(gone); code != http.StatusNotFound {
			t.Errorf("%s: %d %s", gone, code, text)
		}
	}
	if code, crd := s.do("POST", definitionsPath, gadgetDefinition(nil)); code != http.StatusCreated || conditionOf(crd, "Established") != "True InitialNamesAccepted" {
		t.Error("again", code, crd)
	}
	if code, list := s.do("GET", path, nil); code != http.StatusOK || len(list["items"].([]any)) != 0 {
		t.Errorf("afterwards: %d %v", code, list)
	}
}

// TestDefinitionWaitsForItsObjects: while an object waits for a finalizer its definition stays, and takes no new ones.
func TestDefinitionWaitsForItsObjects(t *testing.T) {
	s := newServer(t)
	s.do("POST", definitionsPath, gadgetDefinition(nil))
	const path = "/apis/shop.dev/v1/namespaces/default/gadgets"
	s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "a", "finalizers": []string{"shop.dev/wait"}}})
	s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "b"}})
	s.do("DELETE", definitionsPath+"/gadgets.shop.dev", nil)
	if code, crd := s.do("GET", definitionsPath+"/gadgets.shop.dev", nil); code != http.StatusOK || conditionOf(crd, "Terminating") != "True InstanceDeletionInProgress" {
		t.Errorf("%d %v", code, crd)
	}
	if code, o := s.do("POST", path, object{"apiVersion": "shop.dev/v1", "kind": "Gadget", "metadata": object{"name": "c"}}); code != http.StatusForbidden || !strings.Contains(fmt.Sprint(o["message"]), "create not allowed while custom resource definition is terminating") {
		t.Errorf("a new object: %d %v", code, o)
	}
	if code, o := s.do("PATCH", path+"/a", `{"metadata":{"finalizers":null}}`); code != http.StatusOK {
		t.Errorf("%d %v", code, o)
	}
	s.eventually("the definition goes", func() bool {
		code, _ := s.do("GET", definitionsPath+"/gadgets.shop.dev", nil)
		return code == http.StatusNotFound
	})
}

// eventually waits for what happens beside the requests.
func (s *server) eventually(what string, happened func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// TestConflictingDefinitions: a name belongs to who has it, and to who waits for it when it becomes free.
func TestConflictingDefinitions(t *testing.T) {
	s := newServer(t)
	s.do("POST", definitionsPath, gadgetDefinition(nil))
	other := gadgetDefinition(func(spec object) {
		spec["names"] = object{"plural": "others", "kind": "Other", "shortNames": []string{"gd", "gadget", "o"}, "listKind": "GadgetList"}
	})
	code, crd := s.do("POST", definitionsPath, other)
	if code != http.StatusCreated || conditionOf(crd, "NamesAccepted") != "False ListKindConflict" || conditionOf(crd, "Established") != "False NotAccepted" || crd.at("status", "acceptedNames", "plural") != "others" {
		t.Errorf("%d %v", code, crd)
	}
	if code, _, _ := s.page("/apis/shop.dev/v1/others"); code != http.StatusNotFound {
		t.Errorf("served: %d", code)
	}
	s.do("DELETE", definitionsPath+"/gadgets.shop.dev", nil)
	if code, crd = s.do("GET", definitionsPath+"/others.shop.dev", nil); code != http.StatusOK || conditionOf(crd, "NamesAccepted") != "True NoConflicts" || conditionOf(crd, "Established") != "True InitialNamesAccepted" {
		t.Errorf("%d %v", code, crd)
	}
	if code, _, _ := s.page("/apis/shop.dev/v1/others"); code != http.StatusOK {
		t.Errorf("not served: %d", code)
	}
}

// TestDefinedThroughAnotherServer: two servers have one store; what one defines the other serves with the next request.
func TestDefinedThroughAnotherServer(t *testing.T) {
	a, backend := newServerOn(t)
	b := loadingServer(t, backend)
	if err := b.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		crd := gadgetDefinition(func(spec object) { spec["group"] = fmt.Sprintf("shop%d.dev", i) })
		if code, o := a.do("POST", definitionsPath, crd); code != http.StatusCreated {
			t.Fatal(code, o)
		}
		path := fmt.Sprintf("/apis/shop%d.dev/v1/namespaces/default/gadgets", i)
		if code, o := b.do("POST", path, object{"apiVersion": fmt.Sprintf("shop%d.dev/v1", i), "kind": "Gadget", "metadata": object{"name": "a"}}); code != http.StatusCreated {
			t.Fatal(i, code, o)
		}
	}
	if code, _ := a.do("DELETE", definitionsPath+"/gadgets.shop0.dev", nil); code != http.StatusOK {
		t.Error(code)
	}
	b.eventually("the other server forgets it", func() bool { return b.Registry().Group("shop0.dev") == nil })
	if part := b.Registry().Group("shop1.dev"); part == nil || part.Versions[0].Source != resource.Definitions {
		t.Error("the others are gone, too")
	}
}

// TestDefinitionInDocuments: the documents have a definition with the request that follows it, under new tags, and lose it when it
// goes; all of them can be read, and other definitions do not change what is told of one.
func TestDefinitionInDocuments(t *testing.T) {
	s := newServer(t)
	tags := func() (v2, v3 string) {
		_, h, _ := s.page("/openapi/v2")
		_, _, index := s.page("/openapi/v3")
		return h.Get("Etag"), index
	}
	before, indexBefore := tags()
	s.do("POST", definitionsPath, gadgetDefinition(nil))
	after, indexAfter := tags()
	if before == after || indexBefore == indexAfter || !strings.Contains(indexAfter, "apis/shop.dev/v1") {
		t.Errorf("%s %s %s", before, after, indexAfter)
	}
	code, v3 := s.do("GET", "/openapi/v3/apis/shop.dev/v1", nil)
	kind := []string{"components", "schemas", "dev.shop.v1.Gadget", "properties", "spec", "properties", "color"}
	if code != http.StatusOK || v3.at(append(kind, "default")...) != "red" || v3.at("components", "schemas", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "type") != "object" {
		t.Errorf("%d %v", code, v3.at("components", "schemas", "dev.shop.v1.Gadget"))
	}
	path := []string{"paths", "/apis/shop.dev/v1/namespaces/{namespace}/gadgets/{name}/scale", "patch", "operationId"}
	if v3.at(path...) != "patchShopDevV1NamespacedGadgetScale" {
		t.Errorf("%v", v3.at(path[:2]...))
	}
	code, v2 := s.do("GET", "/openapi/v2", nil)
	definition := []string{"definitions", "dev.shop.v1.Gadget", "properties", "spec", "properties", "color"}
	if code != http.StatusOK || v2.at(append(definition, "type")...) != "string" || v2.at(append(definition, "default")...) != nil || v2.at("definitions", "io.k8s.api.core.v1.Pod", "type") != "object" {
		t.Errorf("%d %v", code, v2.at(definition[:2]...))
	}
	shared, _ := v2.at("paths", "/apis/shop.dev/v1/namespaces/{namespace}/gadgets/{name}", "parameters").([]any)
	for _, p := range shared {
		ref := object(p.(map[string]any))["$ref"]
		if name, ok := ref.(string); !ok || v2.at("parameters", strings.TrimPrefix(name, "#/parameters/")) == nil {
			t.Errorf("a parameter that is not shared: %v", p)
		}
	}
	s.do("DELETE", definitionsPath+"/gadgets.shop.dev", nil)
	if gone, indexGone := tags(); gone != before || indexGone != indexBefore {
		t.Errorf("afterwards %s %s", gone, indexGone)
	}
}
