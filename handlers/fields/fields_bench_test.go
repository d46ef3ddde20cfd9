package fields

import (
	"encoding/json"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const livePod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","labels":{"app":"web","tier":"a"},"annotations":{"x":"y"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u1","controller":true}]},
"spec":{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],"ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{"requests":{"cpu":"100m","memory":"1Gi"}},"volumeMounts":[{"name":"v","mountPath":"/v"}],"livenessProbe":{"httpGet":{"path":"/","port":80},"periodSeconds":10}},{"name":"d","image":"j"}],"volumes":[{"name":"v","emptyDir":{}}],"tolerations":[{"key":"k","operator":"Exists"}],"restartPolicy":"Always","schedulerName":"default-scheduler"}}`

const liveMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","namespace":"n","labels":{"app":"web"}},"data":{"a":"1","b":"2","c":"3","d":"4"}}`

func benchObject(b *testing.B, text string) object.Object {
	b.Helper()
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(text), &u.Object); err != nil {
		b.Fatal(err)
	}
	o := newObject(u.GroupVersionKind())
	if err := json.Unmarshal([]byte(text), o); err != nil {
		b.Fatal(err)
	}
	return o
}

var benched = []struct {
	name, text string
	gvk        kschema.GroupVersionKind
}{
	{"pod", livePod, kschema.GroupVersionKind{Version: "v1", Kind: "Pod"}},
	{"configmap", liveMap, kschema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}},
}

// BenchmarkTrack is what owners cost a write, by the tables and by the library.
func BenchmarkTrack(b *testing.B) {
	now := time.Unix(1700000000, 0)
	for _, c := range benched {
		m := managerOf(kind{gvk: c.gvk}, "", nil)
		blank := benchObject(b, c.text)
		live := benchObject(b, c.text)
		live.SetUID("u")
		m.Track(nil, live, "maker", now)
		changed := object.Copy(live)
		changed.SetLabels(map[string]string{"app": "other"})
		for _, w := range []struct {
			name       string
			live, next object.Object
		}{{"create", nil, blank}, {"same", live, live}, {"label", live, changed}} {
			next := object.Copy(w.next)
			b.Run(c.name+"/"+w.name+"/tables", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					next.SetManagedFields(nil)
					m.Track(w.live, next, "manager", now)
				}
			})
			b.Run(c.name+"/"+w.name+"/library", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					next.SetManagedFields(nil)
					m.slow(w.live, next, "manager")
				}
			})
		}
	}
}

// BenchmarkApply is what an apply costs, by the merge over maps and by the library.
func BenchmarkApply(b *testing.B) {
	now := time.Unix(1700000000, 0)
	for _, c := range benched {
		m := managerOf(kind{gvk: c.gvk}, "", nil)
		body, err := codec.NewTypedBody(c.gvk)
		if err != nil {
			b.Fatal(err)
		}
		m.Body = body
		live := benchObject(b, c.text)
		live.SetUID("u")
		m.Track(nil, live, "maker", now)
		for _, w := range []struct{ name, label string }{{"same", "web"}, {"label", "other"}} {
			wish := &unstructured.Unstructured{}
			if err := utiljson.Unmarshal([]byte(c.text), &wish.Object); err != nil {
				b.Fatal(err)
			}
			first, err := m.Apply(resource.Applied{Live: live, Configuration: wish.DeepCopy().Object, Manager: "manager", Force: true, Text: func() ([]byte, error) { return json.Marshal(live) }}, now)
			if err != nil {
				b.Fatal(err)
			}
			text, err := json.Marshal(first)
			if err != nil {
				b.Fatal(err)
			}
			wish.SetLabels(map[string]string{"app": w.label})
			if w.name == "same" {
				wish.SetLabels(live.GetLabels())
			}
			a := resource.Applied{Live: first, Configuration: wish.Object, Manager: "manager", Force: true, Text: func() ([]byte, error) { return text, nil }}
			b.Run(c.name+"/"+w.name+"/maps", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, ok := m.mergeMaps(&a, now); !ok {
						b.Fatal("not decided")
					}
				}
			})
			b.Run(c.name+"/"+w.name+"/library", func(b *testing.B) {
				library, err := m.library()
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := library.Apply(first, wish, "manager", true); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
