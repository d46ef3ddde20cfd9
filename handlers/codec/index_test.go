package codec

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

var (
	_ labels.Labels = (*Pairs)(nil)
	_ fields.Fields = (*Pairs)(nil)
)

// along is the text of a field of an object, by its path of JSON names; empty behind a nil pointer.
func along(o any, path string) string {
	v := reflect.ValueOf(o)
	for _, name := range strings.Split(path, ".") {
		if v = reflect.Indirect(v); !v.IsValid() {
			return ""
		}
		for i := range v.NumField() {
			if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag == name {
				v = v.Field(i)
				break
			}
		}
	}
	if v = reflect.Indirect(v); !v.IsValid() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

// The index of stored objects of every kind says what their structs say.
func TestIndexOfEveryKind(t *testing.T) {
	s := oracle(t)
	serializer := protobuf.NewSerializer(s, s)
	d, seen := differences{}, map[string]int{}
	fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		accessor, err := meta.Accessor(o)
		if err != nil || strings.HasSuffix(gvk.Kind, "List") {
			return
		}
		var stored bytes.Buffer
		if err := serializer.Encode(o, &stored); err != nil {
			t.Fatal(err)
		}
		x, ok := Attributes("", stored.Bytes()).(*Index)
		if !ok {
			d[gvk.Kind+": no index"]++
			return
		}
		got := map[string]string{}
		x.Labels.Each(func(name, value string) { got[name] = value })
		if !maps.Equal(got, accessor.GetLabels()) {
			d[fmt.Sprintf("%s: labels %v, want %v", gvk.Kind, got, accessor.GetLabels())]++
		}
		x.Fields.Each(func(name, value string) {
			seen[gvk.Kind+" "+name]++
			if want := along(o, name); value != want {
				d[fmt.Sprintf("%s %s: %q, want %q", gvk.Kind, name, value, want)]++
			}
		})
	})
	d.report(t)
	for _, want := range []string{
		"Pod spec.nodeName", "Pod spec.hostNetwork", "Pod status.phase", "Node spec.unschedulable", "Secret type",
		"Event involvedObject.name", "ReplicationController status.replicas", "CertificateSigningRequest spec.signerName",
		"ResourceSlice spec.nodeName",
	} {
		if seen[want] == 0 {
			t.Errorf("%s is not indexed", want)
		}
	}
	for _, not := range []string{"Pod status.podIP", "Pod status.podIPs", "Event source", "Job status.successful"} {
		if seen[not] > 0 {
			t.Errorf("%s is indexed, but is no plain field", not)
		}
	}
}

func TestIndexOfJSON(t *testing.T) {
	for stored, want := range map[string]string{
		`{"apiVersion":"x/v1","kind":"Y","metadata":{"name":"a","labels":{"b":"2","a\u0062":"\"1"}},"labels":{"no":"no"}}`: `ab="1 b=2 `,
		`{"metadata":{"name":"a"}}`:       ``,
		`{"spec":{}}`:                     ``,
		`{"metadata":{"labels":{"a":1}}}`: "none",
		`{"metadata":`:                    "none",
		`[]`:                              "none",
	} {
		got := "none"
		if x, ok := Attributes("", []byte(stored)).(*Index); ok {
			got = shown(x.Labels)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", stored, got, want)
		}
	}
}

// Equal attributes are the same when other parts of the object have changed.
func TestSameIndex(t *testing.T) {
	labelled := func(labels, more string) any {
		return Attributes("", []byte(`{"metadata":{"name":"a","labels":`+labels+`},"spec":`+more+`}`))
	}
	x := labelled(`{"a":"b","c":"d"}`, "1").(*Index)
	for labels, want := range map[string]bool{
		`{"c":"d","a":"b"}`: true, `{"a":"b"}`: false, `{"a":"b","c":"e"}`: false, `{}`: false, `{"a":1}`: false,
	} {
		if got := x.Same(labelled(labels, "2")); got != want {
			t.Errorf("%s: %t", labels, got)
		}
	}
	pod := func(spec ...byte) any {
		b := append(appendEnvelope(nil, "v1", "Pod", len(spec)), spec...)
		return Attributes("", b)
	}
	on := pod(0x12, 0x03, 0x52, 0x01, 'n').(*Index)
	if !on.Same(pod(0x12, 0x03, 0x52, 0x01, 'n')) || on.Same(pod(0x12, 0x03, 0x52, 0x01, 'm')) || on.Same(pod()) || on.Same(x) {
		t.Error("a pod on a node is the same as one elsewhere, or not as itself")
	}
}

// Bytes of any wrong shape have no index, and never end the server.
func TestIndexOfDamagedBytes(t *testing.T) {
	whole := append(appendEnvelope(nil, "v1", "Pod", 8), 0x0a, 0x06, 0x5a, 0x04, 0x0a, 0x00, 0x12, 0x00)
	if x, ok := Attributes("", whole).(*Index); !ok || shown(x.Labels) != "= " {
		t.Fatalf("got %v", x)
	}
	for n := range whole {
		Attributes("", whole[:n])
	}
	twice := append(slices.Clone(whole[:len(whole)-8]), 0x12, 0x02, 0x52, 0x00, 0x12, 0x02, 0x52, 0x00)
	if x := Attributes("", twice); x != nil {
		t.Errorf("a spec in two parts has the index %v", x)
	}
}
