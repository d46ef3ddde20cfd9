package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// small is a model of one group with the given rows.
func small(rows ...spec.Resource) (spec.Model, *spec.Doc) {
	kind := func() *spec.Schema { return &spec.Schema{Keys: spec.M{"x-kind": true}, Props: map[string]spec.M{}} }
	d := &spec.Doc{
		File: "things/v1", GV: spec.GroupVersion{Group: "my.things.k8s.io", Version: "v1"}, Resources: rows,
		Schemas: map[string]*spec.Schema{"Thing": kind(), "ThingList": kind()},
	}
	return spec.Model{d.File: d}, d
}

func TestOperations(t *testing.T) {
	all := strings.Fields("create delete deletecollection get list patch update watch")
	thing := spec.Resource{Name: "things", Kind: "Thing", Verbs: all}
	spaced := thing
	spaced.Namespaced = true
	for _, c := range []struct {
		name string
		rows []spec.Resource
		want []string
	}{
		{"cluster", []spec.Resource{thing}, []string{
			"get /apis/my.things.k8s.io/v1/things list listMyThingsV1Thing -> ThingList",
			"post /apis/my.things.k8s.io/v1/things post createMyThingsV1Thing Thing -> Thing",
			"delete /apis/my.things.k8s.io/v1/things deletecollection deleteMyThingsV1CollectionThing DeleteOptions -> Status",
			"get /apis/my.things.k8s.io/v1/things/{name} get readMyThingsV1Thing -> Thing",
			"put /apis/my.things.k8s.io/v1/things/{name} put replaceMyThingsV1Thing Thing -> Thing",
			"patch /apis/my.things.k8s.io/v1/things/{name} patch patchMyThingsV1Thing Patch -> Thing",
			"delete /apis/my.things.k8s.io/v1/things/{name} delete deleteMyThingsV1Thing DeleteOptions -> Status",
			"get /apis/my.things.k8s.io/v1/watch/things watchlist watchMyThingsV1ThingList -> WatchEvent",
			"get /apis/my.things.k8s.io/v1/watch/things/{name} watch watchMyThingsV1Thing -> WatchEvent",
		}},
		{"namespaced and read only", []spec.Resource{{Name: "things", Kind: "Thing", Namespaced: true, Verbs: []string{"get", "list"}}}, []string{
			"get /apis/my.things.k8s.io/v1/namespaces/{namespace}/things list listMyThingsV1NamespacedThing -> ThingList",
			"get /apis/my.things.k8s.io/v1/namespaces/{namespace}/things/{name} get readMyThingsV1NamespacedThing -> Thing",
			"get /apis/my.things.k8s.io/v1/things list listMyThingsV1ThingForAllNamespaces -> ThingList",
		}},
		{"a review", []spec.Resource{{Name: "things", Kind: "Thing", Verbs: []string{"create"}}}, []string{
			"post /apis/my.things.k8s.io/v1/things post createMyThingsV1Thing Thing -> Thing",
		}},
		{"a deletion that answers the object", []spec.Resource{{Name: "things", Kind: "Thing", Verbs: []string{"delete"}, ReturnsDeleted: true}}, []string{
			"delete /apis/my.things.k8s.io/v1/things/{name} delete deleteMyThingsV1Thing DeleteOptions -> Thing",
		}},
		{"subresources", []spec.Resource{
			{Name: "things", Kind: "Thing", Verbs: nil},
			{Name: "things/status", Kind: "Thing", Verbs: []string{"get", "patch", "update"}},
			{Name: "things/log", Kind: "Thing", Verbs: []string{"get"}, Text: true},
			{Name: "things/proxy", Kind: "ThingProxyOptions", Verbs: []string{"get"}, Connect: []string{"get"}, Path: true},
		}, []string{
			"get /apis/my.things.k8s.io/v1/things/{name}/status get readMyThingsV1ThingStatus -> Thing",
			"put /apis/my.things.k8s.io/v1/things/{name}/status put replaceMyThingsV1ThingStatus Thing -> Thing",
			"patch /apis/my.things.k8s.io/v1/things/{name}/status patch patchMyThingsV1ThingStatus Patch -> Thing",
			"get /apis/my.things.k8s.io/v1/things/{name}/log get readMyThingsV1ThingLog -> ",
			"get /apis/my.things.k8s.io/v1/things/{name}/proxy connect connectMyThingsV1GetThingProxy -> ",
			"get /apis/my.things.k8s.io/v1/things/{name}/proxy/{path} connect connectMyThingsV1GetThingProxyWithPath -> ",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, d := small(c.rows...)
			var got []string
			for _, o := range operations(m, d) {
				line := fmt.Sprintf("%s %s %s %s %s", o.Method, o.Path, o.Action, o.ID, o.Body.Name)
				got = append(got, strings.TrimRight(line, " ")+" -> "+o.Result.Name)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestPathParameters(t *testing.T) {
	for path, want := range map[string][]string{
		"/api/v1/nodes": nil,
		"/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}": {"namespace", "name", "path"},
	} {
		if got := pathParameters(path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// TestQueryParameters: what all operations of a path take is said once, for the path.
func TestQueryParameters(t *testing.T) {
	m, d := small(spec.Resource{Name: "things", Kind: "Thing", Verbs: []string{"get", "delete"}})
	documents, err := publishedDocuments(withMeta(m), nil)
	if err != nil {
		t.Fatal(err)
	}
	item := documents["apis/"+d.GV.Group+"/v1"]["paths"].(map[string]spec.M)["/apis/my.things.k8s.io/v1/things/{name}"]
	if got, want := parameterNames(item["parameters"]), []string{"name", "pretty"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the path has %v, want %v", got, want)
	}
	if got := parameterNames(item["get"].(spec.M)["parameters"]); got != nil {
		t.Errorf("get has %v besides", got)
	}
	want := []string{"dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents", "propagationPolicy"}
	if got := parameterNames(item["delete"].(spec.M)["parameters"]); !reflect.DeepEqual(got, want) {
		t.Errorf("delete has %v besides, want %v", got, want)
	}
}

func parameterNames(list any) (names []string) {
	l, _ := list.([]any)
	for _, p := range l {
		names = append(names, p.(spec.M)["name"].(string))
	}
	return names
}

// withMeta adds the schemas that every document needs.
func withMeta(m spec.Model) spec.Model {
	schemas := map[string]*spec.Schema{}
	for _, name := range []string{"APIResourceList", "APIGroup", "Status", "DeleteOptions", "WatchEvent", "Patch"} {
		schemas[name] = &spec.Schema{Keys: spec.M{"type": "object"}, Props: map[string]spec.M{}}
	}
	m[metaFile] = &spec.Doc{File: metaFile, Schemas: schemas, Models: spec.Models{Prefix: "meta"}}
	return m
}
