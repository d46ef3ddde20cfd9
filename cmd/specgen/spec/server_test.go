package spec

import (
	"reflect"
	"strings"
	"testing"
)

const serverPaths = `openapi: 3.0.3
info: {title: x, version: v1}
paths:
  /b/{name}:
    parameters: [{name: name, in: path}]
    get: {operationId: getB}
  /a/:
    x-document: a
    get: {operationId: getA}
    post: {operationId: postA}
`

func TestLoadServer(t *testing.T) {
	got, err := LoadServer(folder(t, map[string]string{"server/x.yaml": serverPaths}))
	if err != nil {
		t.Fatal(err)
	}
	want := []ServerPath{
		{File: "server/x", Path: "/a/", Document: "a", Operations: map[string]string{"get": "getA", "post": "postA"},
			Item: M{"get": M{"operationId": "getA"}, "post": M{"operationId": "postA"}}},
		{File: "server/x", Path: "/b/{name}", Operations: map[string]string{"get": "getB"},
			Item: M{"get": M{"operationId": "getB"}, "parameters": []any{M{"name": "name", "in": "path"}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLoadServerFaults(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key of the file", "paths:", "x-models: {}\npaths:", `unknown key "x-models"`},
		{"unknown key of a path", "x-document: a", "x-dcoument: a", `/a/: unknown key "x-dcoument"`},
		{"no operationId", "{operationId: postA}", "{}", `/a/: post has no operationId`},
		{"no document", "x-document: a", "x-document:", `/a/: x-document is not a name`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadServer(folder(t, map[string]string{"server/x.yaml": strings.Replace(serverPaths, c.old, c.new, 1)}))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	_, err := LoadServer(folder(t, map[string]string{"server/x.yaml": serverPaths, "server/y.yaml": serverPaths}))
	if err == nil || !strings.Contains(err.Error(), "/a/ is in server/x and in server/y") {
		t.Errorf("a path in two files: %v", err)
	}
}
