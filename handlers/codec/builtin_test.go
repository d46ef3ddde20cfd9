package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Stored objects of every kind, shown with a resourceVersion in every way that a client can ask for.
func TestStoredParity(t *testing.T) {
	s := oracle(t)
	serializer := protobuf.NewSerializer(s, s)
	encode := func(o runtime.Object) []byte {
		var buf bytes.Buffer
		if err := serializer.Encode(o, &buf); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	d, objects := differences{}, 0
	fuzzed(t, func(gvk schema.GroupVersionKind, o runtime.Object) {
		accessor, err := meta.Accessor(o)
		if err != nil || strings.HasSuffix(gvk.Kind, "List") {
			return
		}
		c, err := NewBuiltin(gvk, gvk, nil, nil, nil)
		if err != nil {
			d[err.Error()]++
			return
		}
		objects++
		accessor.SetResourceVersion("")
		stored := encode(o)
		o, _, err = serializer.Decode(stored, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		stored = encode(o)
		if accessor, err = meta.Accessor(o); err != nil {
			t.Fatal(err)
		}
		accessor.SetResourceVersion("98765")
		o.GetObjectKind().SetGroupVersionKind(gvk)
		check := func(what string, want []byte, err error, show func() ([]byte, error)) {
			if err != nil {
				t.Fatal(err)
			}
			if got, err := show(); err != nil {
				d[gvk.Kind+" "+what+": "+err.Error()]++
			} else if !bytes.Equal(got, want) {
				d.at(gvk.Kind+" "+what, want, got)
			}
		}
		check("protobuf", encode(o), nil, func() ([]byte, error) { return c.AppendProtobuf(nil, stored, 98765, false) })
		item, err := o.(interface{ Marshal() ([]byte, error) }).Marshal()
		check("protobuf item", item, err, func() ([]byte, error) { return c.AppendProtobuf(nil, stored, 98765, true) })
		if n, ok := c.splicedSize(stored, 98765); !ok || n != len(item) {
			d[gvk.Kind+" size"]++
		}
		partial := meta.AsPartialObjectMetadata(accessor)
		item, err = partial.Marshal()
		check("metadata protobuf item", item, err, func() ([]byte, error) { return c.AppendMetadataProtobuf(nil, stored, 98765, "v1", true) })
		partial.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"))
		check("metadata protobuf", encode(partial), nil, func() ([]byte, error) { return c.AppendMetadataProtobuf(nil, stored, 98765, "v1", false) })
		want, err := json.Marshal(partial)
		check("metadata JSON", want, err, func() ([]byte, error) { return c.AppendMetadataJSON(nil, stored, 98765, "v1") })
		setClaimKinds(o)
		want, err = json.Marshal(o)
		check("JSON", want, err, func() ([]byte, error) { return c.AppendJSON(nil, stored, 98765, false) })
		o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
		want, err = json.Marshal(o)
		check("JSON item", want, err, func() ([]byte, error) { return c.AppendJSON(nil, stored, 98765, true) })

		decoded, err := c.Decode(stored, 98765)
		if err != nil {
			d[gvk.Kind+" decode: "+err.Error()]++
			return
		}
		check("stored again", stored, nil, func() ([]byte, error) { return c.Encode(decoded) })
		if decoded.GetResourceVersion() != "98765" {
			d[gvk.Kind+": Encode changed the object"]++
		}
	})
	d.report(t)
	t.Logf("%d objects", objects)
	if objects < 250 {
		t.Errorf("only %d objects were compared", objects)
	}
}

// The published samples of every kind.
func TestPublishedSamples(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api").Output()
	if err != nil {
		t.Skip("the folder of k8s.io/api is not known: ", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "HEAD", "*.pb"))
	if err != nil || len(files) == 0 {
		t.Skip("the module has no samples")
	}
	n := 0
	for _, file := range files {
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(file, ".pb") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		e, err := openEnvelope(stored)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		gvk := schema.FromAPIVersionAndKind(string(e.apiVersion), string(e.kind))
		empty := resources.Kinds[gvk]
		if empty == nil {
			continue // versions that are not served any more
		}
		n++
		o := empty()
		if err := UnmarshalProtobuf(stored, o); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if got, err := MarshalProtobuf(o); err != nil || !bytes.Equal(got, stored) {
			t.Errorf("%s: encoded differently: %v", filepath.Base(file), err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, text); err != nil {
			t.Fatal(err)
		}
		p, _, err := planOf(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := transcode(nil, p.message, e.raw, 0, typed)
		if err != nil || !bytes.Equal(withoutClaimKinds(got), withoutClaimKinds(want.Bytes())) {
			d := differences{}
			d.at(filepath.Base(file), want.Bytes(), got)
			d.report(t)
		}
	}
	if n < 80 {
		t.Errorf("only %d samples were compared", n)
	}
}

// withoutClaimKinds empties what samples say of the kinds of claim templates: the server always says the truth there.
func withoutClaimKinds(b []byte) []byte {
	const head = `"volumeClaimTemplates":[{`
	i := bytes.Index(b, []byte(head))
	if i < 0 {
		return b
	}
	rest := b[i+len(head):]
	return append(append([]byte{}, b[:i+len(head)]...), rest[bytes.Index(rest, []byte(`"metadata"`)):]...)
}

func TestDefaultsRunOnDecode(t *testing.T) {
	c, err := NewBuiltin(podKind, podKind, nil, nil, func(o object.Object) { o.(*corev1.Pod).Spec.HostUsers = new(bool) })
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.Decode(storedPod(t), 7)
	if err != nil || o.(*corev1.Pod).Spec.HostUsers == nil || o.GetResourceVersion() != "7" {
		t.Fatalf("%v %v", o, err)
	}
	if o.GetObjectKind().GroupVersionKind() != podKind {
		t.Errorf("kind %v", o.GetObjectKind().GroupVersionKind())
	}
}

// A default of a field that upstream clears before it stores is seen by every reader, in every form.
func TestDefaultWhenEmpty(t *testing.T) {
	kind := schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolumeClaim"}
	c, err := NewBuiltin(kind, kind, nil, nil, func(o object.Object) {
		if claim := o.(*corev1.PersistentVolumeClaim); claim.Status.Phase == "" {
			claim.Status.Phase, claim.Labels = "Pending", map[string]string{"a": "b"}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range [][]string{{"nothing"}, {"spec", "phase"}, {"status", "phase", "x"}} {
		if err := c.DefaultWhenEmpty(path...); err == nil {
			t.Errorf("%v is a field", path)
		}
	}
	if err := c.DefaultWhenEmpty("status", "phase"); err != nil {
		t.Fatal(err)
	}
	for phase, want := range map[string]string{"": "Pending", "Bound": "Bound"} {
		stored, err := c.Encode(&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.PersistentVolumeClaimStatus{Phase: phase}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := c.AppendJSON(nil, stored, 5, false)
		if err != nil || !strings.Contains(string(text), `"status":{"phase":"`+want+`"}`) || !strings.Contains(string(text), `"resourceVersion":"5"`) {
			t.Errorf("%s %v", text, err)
		}
		text, err = c.AppendMetadataJSON(nil, stored, 5, "v1")
		if err != nil || strings.Contains(string(text), "labels") != (phase == "") {
			t.Errorf("%s %v", text, err)
		}
		for _, item := range []bool{false, true} {
			pb, err := c.AppendProtobuf(nil, stored, 5, item)
			if err != nil || !bytes.Contains(pb, []byte(want)) {
				t.Errorf("%q %v", pb, err)
			}
			var scratch []byte
			if n, err := itemSize(&scratch, c, stored, 5, Output{}); item && (err != nil || n != len(pb)) {
				t.Errorf("%d bytes announced, %d written: %v", n, len(pb), err)
			}
		}
	}
}

// A kind that is stored in another version than it is served in, and objects that lie there in either.
func TestConvertingCodec(t *testing.T) {
	v1, v2 := schema.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "HorizontalPodAutoscaler"}, schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"}
	to := func(o object.Object) (object.Object, error) {
		in := o.(*autoscalingv1.HorizontalPodAutoscaler)
		return &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: in.ObjectMeta, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: in.Spec.MaxReplicas}}, nil
	}
	from := func(o object.Object) (object.Object, error) {
		in := o.(*autoscalingv2.HorizontalPodAutoscaler)
		return &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: in.ObjectMeta, Spec: autoscalingv1.HorizontalPodAutoscalerSpec{MaxReplicas: in.Spec.MaxReplicas}}, nil
	}
	c, err := NewBuiltin(v1, v2, to, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "a", ResourceVersion: "1"}, Spec: autoscalingv1.HorizontalPodAutoscalerSpec{MaxReplicas: 5}}
	stored, err := c.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := openEnvelope(stored); err != nil || string(e.apiVersion) != "autoscaling/v2" {
		t.Fatalf("stored as %s %v", e.apiVersion, err)
	}
	if in.ResourceVersion != "1" {
		t.Error("Encode changed the object")
	}
	want := `{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","metadata":{"name":"a","resourceVersion":"9"},"spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":5},"status":{"currentReplicas":0,"desiredReplicas":0}}`
	old, err := MarshalProtobuf(in)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"storage version": stored, "served version": old} {
		if got, err := c.AppendJSON(nil, b, 9, false); err != nil || string(got) != want {
			t.Errorf("%s: %s %v", name, got, err)
		}
		pb, err := c.AppendProtobuf(nil, b, 9, false)
		if err != nil {
			t.Fatal(err)
		}
		out := &autoscalingv1.HorizontalPodAutoscaler{}
		if err := UnmarshalProtobuf(pb, out); err != nil || out.Spec.MaxReplicas != 5 || out.ResourceVersion != "9" || out.APIVersion != "autoscaling/v1" {
			t.Errorf("%s: %+v %v", name, out, err)
		}
		if got, err := c.AppendMetadataJSON(nil, b, 9, "v1"); err != nil || !strings.Contains(string(got), `"metadata":{"name":"a","resourceVersion":"9"}`) {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	c2, err := NewBuiltin(v2, v2, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c2.AppendJSON(nil, old, 9, false); err == nil || !strings.Contains(err.Error(), "not readable") {
		t.Errorf("an unknown stored version: %v", err)
	}
	c2.ReadFrom(v1, to)
	if got, err := c2.AppendJSON(nil, old, 9, false); err != nil || !strings.Contains(string(got), `"apiVersion":"autoscaling/v2"`) {
		t.Errorf("%s %v", got, err)
	}
	if _, err := NewBuiltin(v1, v2, nil, nil, nil); err == nil {
		t.Error("a codec without converters was made")
	}
}

// The buffer of the caller comes back as it was when an object cannot be shown.
func TestErrorsLeaveTheBuffer(t *testing.T) {
	c := podCodec(t)
	stored := storedPod(t)
	broken := map[string][]byte{
		"empty":    nil,
		"magic":    []byte("not an object"),
		"cut":      stored[:len(stored)/2],
		"deep":     append(appendEnvelope(nil, "v1", "Pod", 4), "\x0a\xff\xff\x7f"...),
		"quantity": nil,
	}
	bad := pod(t)
	bad.Spec.Containers[0].Resources.Requests = nil
	b, err := c.Encode(bad)
	if err != nil {
		t.Fatal(err)
	}
	broken["quantity"] = bytes.Replace(b, []byte("512Mi"), []byte("512XX"), 1)
	for name, b := range broken {
		dst := []byte("before")
		for what, show := range map[string]func() ([]byte, error){
			"JSON":              func() ([]byte, error) { return c.AppendJSON(dst, b, 1, false) },
			"metadata JSON":     func() ([]byte, error) { return c.AppendMetadataJSON(dst, b, 1, "v1") },
			"protobuf":          func() ([]byte, error) { return c.AppendProtobuf(dst, b, 1, false) },
			"metadata protobuf": func() ([]byte, error) { return c.AppendMetadataProtobuf(dst, b, 1, "v1", false) },
		} {
			got, err := show()
			if name == "quantity" && what != "JSON" {
				continue // what is only copied is not looked at
			}
			if err == nil || string(got) != "before" {
				t.Errorf("%s as %s: %q %v", name, what, got, err)
			}
		}
		if _, err := c.Decode(b, 1); err == nil {
			t.Errorf("%s was decoded", name)
		}
	}
	if _, err := MarshalProtobuf(&metav1.Table{}); err == nil {
		t.Error("a table became protobuf")
	}
	if errors.Is(err, errIrregular) {
		t.Error(err)
	}
}
