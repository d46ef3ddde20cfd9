package golden

import (
	"encoding/base64"
	"testing"
	"time"
)

func TestMask(t *testing.T) {
	now := time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"v":"meta.k8s.io/v1","rv":5,"start":"a"}`))
	tests := []struct{ name, in, want string }{
		{"uid", `{"uid":"0b1c2d3e-0000-1111-2222-333344445555"}`, `{"uid": "<uid>"}`},
		{"no uid", `{"uid":"abc"}`, `{"uid": "abc"}`},
		{"version", `{"resourceVersion":"17"}`, `{"resourceVersion": "<rv>"}`},
		{"version 0 is told", `{"resourceVersion":"0"}`, `{"resourceVersion": "0"}`},
		{"version empty is told", `{"resourceVersion":""}`, `{"resourceVersion": ""}`},
		{"now", `{"t":"2030-05-06T07:08:10Z"}`, `{"t": "<time>"}`},
		{"now with fractions", `{"t":"2030-05-06T07:08:10.123456Z"}`, `{"t": "<microtime>"}`},
		{"a time of the script", `{"t":"2020-01-01T00:00:00Z"}`, `{"t": "2020-01-01T00:00:00Z"}`},
		{"no time", `{"creationTimestamp":null}`, `{"creationTimestamp": null}`},
		{"token", `{"continue":"` + token + `"}`, `{"continue": "<continue>"}`},
		{"no token", `{"continue":"abc"}`, `{"continue": "abc"}`},
		{
			"managers", `{"managedFields":[{"manager":"b","operation":"Update"},{"manager":"a","operation":"Update"},{"manager":"c","operation":"Apply"}]}`,
			`{"managedFields": [{"manager": "c", "operation": "Apply"}, {"manager": "a", "operation": "Update"}, {"manager": "b", "operation": "Update"}]}`,
		},
		{"namespace", `{"m":"in golden-x/y","golden-x":1}`, `{"m": "in $NS/y", "$NS": 1}`},
		{"generated", `{"generateName":"a-","name":"a-bcdfg"}`, `{"generateName": "a-", "name": "a-<suffix>"}`},
		{"generated badly", `{"generateName":"a-","name":"a-aeiou"}`, `{"generateName": "a-", "name": "a-aeiou"}`},
		{"revision in a message", `{"message":"Too large resource version: 99, current: 17"}`, `{"message": "Too large resource version: 99, current: <rv>"}`},
		{
			"age", `{"kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"Age"}],"rows":[{"cells":["3m","3m"]},{"cells":["b","<unknown>"]}]}`,
			`{"kind": "Table", "columnDefinitions": [{"name": "Name"}, {"name": "Age"}], "rows": [{"cells": ["3m", "<age>"]}, {"cells": ["b", "<unknown>"]}]}`,
		},
		{"description", `{"kind":"Table","columnDefinitions":[{"description":"x y"},{"description":""}]}`, `{"kind": "Table", "columnDefinitions": [{"description": "<description>"}, {"description": "<description>"}]}`},
		{"extra", `{"x":{"y":[{"z":1},{"z":{"deep":2}}]}}`, `{"x": {"y": [{"z": "<masked>"}, {"z": "<masked>"}]}}`},
	}
	extra, err := ParsePath(".x.y[*].z")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		doc, err := parseJSON([]byte(test.in))
		if err != nil {
			t.Fatal(err)
		}
		m := &masker{namespace: "golden-x", now: now, extra: []Path{extra}}
		m.document(doc)
		if got := doc.line(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestMaskQuotedObject(t *testing.T) {
	m := &masker{namespace: "golden-x", now: time.Now()}
	in := `invalid: "{\"metadata\":{\"resourceVersion\":\"12\",\"x\":1,\"managedFields\":[{\"a\":{\"b\":{}}}]}}"`
	want := `invalid: "{\"metadata\":{\"resourceVersion\":\"<rv>\",\"x\":1}}"`
	if got := m.text(in); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
