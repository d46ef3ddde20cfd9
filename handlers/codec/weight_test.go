package codec

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// filled repeats a piece up to the size of the largest body.
func filled(before, piece, after string) []byte {
	const largest = 3 << 20
	n := (largest - len(before) - len(after)) / len(piece)
	return []byte(before + strings.TrimSuffix(strings.Repeat(piece, n), ",") + after)
}

// allocated is how many bytes f allocates, all garbage included.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// A body of any shape that is refused has taken at most ten times its size, in every format and for every form of object.
func TestWeight(t *testing.T) {
	pod := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	definition := schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}
	deep := strings.Repeat("[", 1<<20)
	bodies := map[string][]byte{
		"empty containers":     filled(`{"spec":{"containers":[`, `{},`, `]}}`),
		"null containers":      filled(`{"spec":{"containers":[`, `null,`, `]}}`),
		"containers, spaced":   filled(`{"spec":{"containers":[`, `{ } ,`, `]}}`),
		"escaped names":        filled(`{"spec":{"\u0063ontainers":[`, `{},`, `]}}`),
		"lists again":          filled(`{"spec":{`, `"containers":[{},{},{},{},{},{}],`, `"x":1}}`),
		"unknown lists":        filled(`{"x":[`, `{},`, `]}`),
		"unknown fields":       filled(`{"spec":{"containers":[`, `{"a":1},`, `]}}`),
		"faulty containers":    filled(`{"spec":{"containers":[`, `1,`, `]}}`),
		"lists in lists":       filled(`{"x":[`, `[[],[]],`, `]}`),
		"deep":                 []byte(`{"x":` + deep),
		"deep and closed":      []byte(`{"x":` + deep + strings.Repeat("]", 1<<20) + `}`),
		"small maps":           filled(`{"spec":[`, `{"a":1},`, `]}`),
		"schemas":              filled(`{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"allOf":[`, `{},`, `]}}}]}}`),
		"labels without end":   filled(`{"metadata":{"labels":{`, `"a":"",`, `"b":""}}}`),
		"a number, very large": append(bytes.Repeat([]byte("1"), 3<<20), '}'),
	}
	for i := range 400000 {
		if i == 0 {
			bodies["many keys"] = append(bodies["many keys"], `{"spec":{`...)
		}
		bodies["many keys"] = fmt.Appendf(bodies["many keys"], `"%x":0,`, i)
	}
	bodies["many keys"] = append(bodies["many keys"], `"z":0}}`...)
	for name, body := range bodies {
		for _, format := range []Format{JSON, YAML} {
			for kind, into := range map[string]func() k8sruntime.Object{
				"pod": resources.Kinds[pod], "definition": resources.Kinds[definition],
				"map": func() k8sruntime.Object { return &unstructured.Unstructured{} },
			} {
				gvk := schema.GroupVersionKind{Group: "example.dev", Version: "v1", Kind: "Widget"}
				switch kind {
				case "pod":
					gvk = pod
				case "definition":
					gvk = definition
				}
				b := Body{Format: format, Data: body, Kind: gvk}
				var err error
				// A refusal quotes nothing of the body but its start; what is accepted may take as much as its weight says.
				took := allocated(func() { _, err = b.Decode(into()) })
				most := 10 * len(body)
				if strings.HasPrefix(name, "a number") && format == YAML {
					most = 12 * len(body) // which the parser copies for each type that it might be
				}
				if err != nil && took > most {
					t.Errorf("%s as %v for a %s: %d bytes for %d, refused: %.100v", name, format, kind, took, len(body), err)
				}
				if format == JSON && kind == "pod" {
					took := allocated(func() { _, err = b.decodePatched(resource.Patched{Text: body}, into()) })
					if err != nil && took > 10*len(body) {
						t.Errorf("%s, patched: %d bytes for %d, refused: %.100v", name, took, len(body), err)
					}
				}
			}
		}
	}
	for _, name := range []string{"empty containers", "null containers", "containers, spaced", "escaped names", "lists again"} {
		if _, err := (Body{Data: bodies[name], Kind: pod}).Decode(resources.Kinds[pod]()); err == nil || !strings.Contains(err.Error(), errBudget.Error()) {
			t.Errorf("%s: %.100v", name, err)
		}
	}
}

// What people write is far from the bound.
func TestWeightOfObjects(t *testing.T) {
	pod := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	for name, body := range map[string][]byte{
		"variables":  filled(`{"spec":{"containers":[{"env":[`, `{"name":"A_VARIABLE","value":"x"},`, `]}]}}`),
		"containers": filled(`{"spec":{"containers":[`, `{"name":"c","image":"registry.example.dev/an/image:1.2.3","resources":{"limits":{"cpu":"1","memory":"1Gi"}}},`, `]}}`),
		"labels":     filled(`{"metadata":{"annotations":{"a":"`, `text `, `"}}}`),
	} {
		if err := CheckWeight(body, resources.Kinds[pod]()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// A parser of YAML takes several times as much as one of JSON.
		third := body[:len(body)/3]
		if err := CheckYAML(third); err != nil {
			t.Errorf("%s as YAML: %v", name, err)
		}
	}
}

func TestCountElements(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "{}": 0, "5": 0, "[]": 0, " [ 1 , [2,3], {\"a\":[4,5]}, \"],\" ]": 4, "[null,null": 1, "[1,2,": 2, "[,,]": 0,
	} {
		if got := CountElements([]byte(text)); got != want {
			t.Errorf("%s: %d, not %d", text, got, want)
		}
	}
}
