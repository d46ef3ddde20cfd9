package definitions

import (
	"encoding/json"
	"reflect"
	"testing"
)

// What is skimmed reads like the whole text without its schemas and owners, and a text that is cut off is none.
func TestSkim(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`: `{"a":1}`,
		`{"metadata":{"managedFields":[{"x":["]"]}],"name":"managedFields"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{"a":"}\\\"{","b":[{}]}},"name":"v1"}]}}`: `{"metadata":{"managedFields":[],"name":"managedFields"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{}},"name":"v1"}]}}`,
		`{"metadata":{"annotations":{"managedFields":"x","a":"\"openAPIV3Schema\":{"}}}`:                                                                               `{"metadata":{"annotations":{"managedFields":"x","a":"\"openAPIV3Schema\":{"}}}`,
		`{"openAPIV3Schema":null,"managedFields":null,"z":-1.5}`:                                                                                                       `{"openAPIV3Schema":null,"managedFields":null,"z":-1.5}`,
		`{"openAPIV3Schema":{"n":1,"t":true},"z":{}}` + "\n":                                                                                                           `{"openAPIV3Schema":{},"z":{}}` + "\n",
	} {
		got, err := skim([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v", text, got, err)
		}
		for cut := range len(text) {
			part, err := skim([]byte(text[:cut]))
			var v any
			if err == nil && json.Unmarshal(part, &v) == nil && !reflect.DeepEqual(part, got) && cut < len(text)-1 {
				t.Errorf("%s cut off is %s", text[:cut], part)
			}
		}
	}
	if _, err := skim([]byte("k8s\x00")); err == nil {
		t.Error("protobuf was skimmed")
	}
}

func TestIdentifier(t *testing.T) {
	for text, want := range map[string]string{"shop.dev": "ShopDev", "my-shop.example.dev": "MyShopExampleDev", "v1beta1": "V1beta1", "a1.b": "A1B"} {
		if got := identifier(text, true); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := identifier("my-shop.dev", false); got != "myShopDev" {
		t.Error(got)
	}
}
