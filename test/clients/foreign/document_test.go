package main

import (
	"encoding/json"
	"reflect"
	"testing"
)

const before = `{
 "paths": {
  "/api/v1/watch/pods": {"get": {"operationId": "watchCoreV1PodListForAllNamespaces", "tags": ["core_v1"]}},
  "/api/v1/pods": {"parameters": [{"name": "pretty"}],
   "get": {"operationId": "listCoreV1Pod", "tags": ["core_v1"], "responses": {"200": {"schema": {"$ref": "#/definitions/io.k8s.api.core.v1.PodList"}}, "401": {}}},
   "delete": {"operationId": "deleteCoreV1CollectionPod", "tags": ["core_v1"], "responses": {"200": {}}, "parameters": [{"name": "body", "in": "body"}]}}
 },
 "definitions": {
  "io.k8s.api.core.v1.PodList": {"properties": {"kind": {}, "apiVersion": {}, "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"}, "time": {"description": "mine", "$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"}}, "x-kubernetes-group-version-kind": []},
  "io.k8s.api.core.v1.Event": {"properties": {}},
  "io.k8s.api.events.v1.Event": {"properties": {}},
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": {"properties": {}},
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "description": "theirs"},
  "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": {"type": "object"},
  "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"}
 }}`

const after = `{
 "paths": {
  "/api/v1/pods": {"parameters": [{"name": "pretty"}],
   "get": {"operationId": "listPod", "tags": ["core_v1"], "consumes": ["application/json"], "responses": {"200": {"schema": {"$ref": "#/definitions/v1.PodList"}}, "401": {}}},
   "delete": {"operationId": "deleteCollectionPod", "tags": ["core_v1"], "consumes": ["application/json"], "responses": {"200": {}}, "parameters": [{"name": "body", "in": "body"}], "x-codegen-request-body-name": "body"}}
 },
 "definitions": {
  "v1.PodList": {"properties": {"kind": {}, "apiVersion": {}, "metadata": {"$ref": "#/definitions/v1.ListMeta"}, "time": {"description": "mine", "type": "string"}}, "x-kubernetes-group-version-kind": [], "x-implements": ["io.kubernetes.client.common.KubernetesListObject"]},
  "core.v1.Event": {"properties": {}},
  "events.v1.Event": {"properties": {}},
  "v1.ListMeta": {"properties": {}},
  "v1.Patch": {"type": "string", "format": "patch"},
  "resource.Quantity": {"type": "string", "format": "quantity"},
  "intstr.IntOrString": {"type": "string", "format": "int-or-string"}
 }}`

// TestOpen: outside of Java a number or a text is any value, and enums are open.
func TestOpen(t *testing.T) {
	d := document{object{"definitions": object{
		"intstr.IntOrString": object{"type": "string", "format": "int-or-string"},
		"v1.Port":            object{"properties": object{"port": object{"$ref": "#/definitions/intstr.IntOrString"}, "protocol": object{"type": "string", "enum": []any{"TCP"}}}},
	}}}
	d.values("csharp")
	d.inline("csharp")
	want := object{"v1.Port": object{"properties": object{"port": object{"type": "object"}, "protocol": object{"type": "string"}}}}
	if got := d.definitions(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestDocument(t *testing.T) {
	var d document
	var want object
	for from, into := range map[string]*object{before: &d.spec, after: &want} {
		if err := json.Unmarshal([]byte(from), into); err != nil {
			t.Fatal(err)
		}
	}
	d.operations("java")
	if err := d.rename(); err != nil {
		t.Fatal(err)
	}
	d.values("java")
	d.inline("java")
	d.implement()
	if !reflect.DeepEqual(d.spec, want) {
		got, err := json.MarshalIndent(d.spec, "", " ")
		t.Errorf("%v\n%s", err, got)
	}
}
