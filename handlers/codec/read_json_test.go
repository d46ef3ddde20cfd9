package codec

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"testing"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// checkReader: what the quick reader reads, the standard one reads without a complaint and with the same result; what
// the quick one leaves, it leaves empty.
func checkReader(t *testing.T, text []byte, quick, standard runtime.Object) bool {
	t.Helper()
	if !readJSON(text, quick) {
		if v := reflect.ValueOf(quick).Elem(); !v.IsZero() {
			t.Fatalf("something was left of %s", text)
		}
		return false
	}
	strict, err := kjson.UnmarshalStrict(text, standard)
	if err != nil || len(strict) > 0 {
		t.Fatalf("%s: %v %v", text, err, strict)
	}
	if !reflect.DeepEqual(quick, standard) && !apiequality.Semantic.DeepEqual(quick, standard) {
		a, _ := json.Marshal(quick)
		b, _ := json.Marshal(standard)
		t.Fatalf("%s: %s", text, apart(b, a))
	}
	return true
}

func TestReaderParity(t *testing.T) {
	read, all := 0, 0
	fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		all++
		if checkReader(t, text, resources.Kinds[gvk](), resources.Kinds[gvk]()) {
			read++
		}
	})
	if read < all*9/10 {
		t.Errorf("only %d of %d were read quickly", read, all)
	}
}

func TestReaderOddities(t *testing.T) {
	if !readJSON([]byte(podJSON), &corev1.Pod{}) {
		t.Fatal("an ordinary pod is unusual")
	}
	for _, text := range []string{
		``, `null`, `[]`, `1`, `{`, `{}x`, `{"kind":"Pod","kind":"Pod"}`, `{"Kind":"Pod"}`, `{"foo":1}`, `{"kind":1}`, `{"spec":{"nodeName":1}}`,
		`{"spec":{"nodeName":"a","nodeName":"a"}}`, `{"spec":{"priority":1.5}}`, `{"spec":{"priority":1e3}}`, `{"spec":{"priority":2147483648}}`, `{"spec":{"hostNetwork":"true"}}`,
		`{"spec":{"containers":{}}}`, `{"spec":{"containers":[null]}}`, `{"spec":{"containers":[{}],}}`, `{"metadata":{"labels":{"a":"b","a":"c"}}}`, `{"metadata":{"labels":{"a":null}}}`,
		`{"metadata":{"labels":{"a":1}}}`, `{"metadata":{"creationTimestamp":"yesterday"}}`, `{"spec":{"containers":[{"resources":{"limits":{"cpu":"x"}}}]}}`, "{\"metadata\":{\"name\":\"\xff\"}}",
		`{"metadata":{"managedFields":[{"fieldsV1":{]}]}}`, `{"metadata":{"name":"a" "b"}}`, `{"metadata"}`, `{"metadata":{"name":"\x"}}`,
	} {
		if checkReader(t, []byte(text), &corev1.Pod{}, &corev1.Pod{}) {
			t.Errorf("%s was read", text)
		}
	}
	for _, text := range []string{
		`{}`, ` { "kind" : "Pod" , "metadata" : { } } `, `{"spec":null,"metadata":null}`, `{"metadata":{"name":null,"labels":null,"finalizers":null,"creationTimestamp":null,"deletionTimestamp":null}}`,
		`{"metadata":{"labels":{},"finalizers":[],"name":"\u00e9\n<é"}}`, `{"spec":{"containers":[],"priority":-2147483648}}`, `{"spec":{"containers":[{"resources":{"limits":{"cpu":1,"memory":"1.5Gi"}},"livenessProbe":{"httpGet":{"port":80}}}]}}`,
		`{"metadata":{"managedFields":[{"fieldsV1":{ "f:a" : {} }}]}}`, `{"spec":{"activeDeadlineSeconds":null,"hostNetwork":false}}`,
	} {
		if !checkReader(t, []byte(text), &corev1.Pod{}, &corev1.Pod{}) {
			t.Errorf("%s was not read", text)
		}
	}
	r := rand.New(rand.NewSource(1))
	read := 0
	for range 20000 {
		text := []byte(podJSON)
		for range 1 + r.Intn(2) {
			i := r.Intn(len(text))
			text[i] = ` {}[]",:0e-.ntfax\`[r.Intn(18)]
		}
		if checkReader(t, text, &corev1.Pod{}, &corev1.Pod{}) {
			read++
		}
	}
	if read == 0 {
		t.Error("no change was harmless")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(podJSON))
	f.Add([]byte(`{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"items":[{}],"enum":[1],"default":null,"maximum":1.5}}}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		checkReader(t, text, &corev1.Pod{}, &corev1.Pod{})
		checkReader(t, text, &corev1.Secret{}, &corev1.Secret{})
		checkReader(t, text, &apiextensionsv1.CustomResourceDefinition{}, &apiextensionsv1.CustomResourceDefinition{})
	})
}
