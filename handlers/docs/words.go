package docs

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// modelWords describe, by published type name, types that have no SwaggerDoc(): under "" the type, else its fields.
var modelWords = joined(apiextensionsWords, apiregistrationWords, machineryWords)

// kindWords describe the fields that all kinds have, where a kind has no words for them.
var kindWords = map[string]string{
	"apiVersion": metav1.TypeMeta{}.SwaggerDoc()["apiVersion"],
	"kind":       metav1.TypeMeta{}.SwaggerDoc()["kind"],
	"metadata":   "What all objects have: name, namespace, labels and so on; for a list, its version and where it continues.",
}

func joined(parts ...map[string]map[string]string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, part := range parts {
		maps.Copy(out, part)
	}
	return out
}
