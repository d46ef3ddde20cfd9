package apiextensions

import (
	"encoding/json"
	"testing"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	upstreamv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	upstreamv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
)

// TestDefinitions compares random and chosen definitions, in the version that is stored, with what upstream makes of
// them, and reads them back.
func TestDefinitions(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	chosen := []string{
		`{spec: {names: {kind: Kind}, conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: s, port: 443}}}}, versions: [{name: v1, storage: true}]}}`,
		`{spec: {group: g, preserveUnknownFields: true, conversion: {strategy: None}, versions: [{name: v1, served: true, storage: true}, {name: v2, schema: {openAPIV3Schema: {type: object}}}]}}`,
		`{spec: {conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: u}}}, versions: [
			{name: v1, subresources: {status: {}}, additionalPrinterColumns: [{name: a, type: date, jsonPath: .a}], selectableFields: [{jsonPath: .b}]},
			{name: v2, subresources: {status: {}}, additionalPrinterColumns: [{name: a, type: date, jsonPath: .a}], selectableFields: [{jsonPath: .c}]}]}}`,
		`{spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {
			a: {items: {type: string, description: <d>, enum: [{z: 1, a: 2}]}, default: {z: 1.5, a: [1, 2.0, null]}},
			b: {items: [{type: string}, {items: {type: object, description: x}}], additionalProperties: false, additionalItems: true},
			c: {additionalProperties: {type: object, description: x, not: {type: string, default: {b: 1, a: 2}}}, example: "x", default: 0},
			d: {dependencies: {a: [b, c], d: {type: object, description: yes-}}, anyOf: [{items: {type: object, format: f}}], x-kubernetes-int-or-string: true}}}}}]}}`,
	}
	fill := filler(7).MaxDepth(7)
	for i := range 60 {
		in := &apiextensionsv1.CustomResourceDefinition{}
		if i < len(chosen) {
			if err := yaml.Unmarshal([]byte(chosen[i]), in); err != nil {
				t.Fatal(err)
			}
		} else {
			fill.Fill(&in.ObjectMeta)
			fill.Fill(&in.Spec)
			fill.Fill(&in.Status)
			in.SetManagedFields(nil)
		}
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var served upstreamv1.CustomResourceDefinition
		if err := json.Unmarshal(text, &served); err != nil {
			t.Fatal(err)
		}
		var hub upstream.CustomResourceDefinition
		var stored upstreamv1beta1.CustomResourceDefinition
		if err := scheme.Convert(&served, &hub, nil); err != nil {
			t.Fatal(err)
		}
		if err := scheme.Convert(&hub, &stored, nil); err != nil {
			t.Fatal(err)
		}
		stored.APIVersion, stored.Kind = "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"
		want, err := json.Marshal(&stored)
		if err != nil {
			t.Fatal(err)
		}
		if err := tidySchemas(in); err != nil {
			t.Fatal(err)
		}
		before := in.DeepCopy()
		ours, err := toStored(in)
		if err != nil {
			t.Fatal(err)
		}
		if !equality.Semantic.DeepEqual(in, before) {
			t.Fatalf("%d: the argument was changed", i)
		}
		got, err := json.Marshal(ours.DeepCopyObject())
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("%d:\n got %s\nwant %s", i, got, want)
		}
		sameAfterReading(t, scheme, want, &stored)
	}
}

// sameAfterReading compares what both make of stored bytes.
func sameAfterReading(t *testing.T, scheme *runtime.Scheme, text []byte, stored *upstreamv1beta1.CustomResourceDefinition) {
	t.Helper()
	var read storedDefinition
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	back, err := fromStored(&read)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	scheme.Default(stored)
	var hub upstream.CustomResourceDefinition
	var served upstreamv1.CustomResourceDefinition
	if err := scheme.Convert(stored, &hub, nil); err != nil {
		t.Fatal(err)
	}
	if err := scheme.Convert(&hub, &served, nil); err != nil {
		t.Fatal(err)
	}
	served.APIVersion, served.Kind = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
	want, err := json.Marshal(&served)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("read back:\n got %s\nwant %s", got, want)
	}
}
