package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// bench is a whole server that is called without a network. Its pods are those that upstream would have stored, with
// managedFields: 5.7 KB of JSON.
type bench struct {
	*testing.B
	server *handlers.Server
	store  *cache.Cache
}

const benchPods = 5000

func newBench(b *testing.B) *bench {
	backend, err := embedded.Open(b.Context(), embedded.Options{DataDir: b.TempDir(), UnsafeNoFsync: true})
	if err != nil {
		b.Fatal(err)
	}
	f := &bench{B: b, store: cache.New(backend, cache.Options{Attributes: codec.Attributes})}
	if f.server, err = handlers.New(handlers.Options{
		Store: f.store, Authenticator: anyone{}, Authorizer: authz.AlwaysAllow{}, Admission: admission.Selection{Disable: []string{"ServiceAccount"}}, // no controller makes accounts
	}); err != nil {
		b.Fatal(err)
	}
	if err := f.server.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		f.server.Close()
		if err := f.store.Close(); err != nil {
			b.Error(err)
		}
	})
	return f
}

// fill creates the pods and gives them managedFields, which the server itself does not write.
func (f *bench) fill() {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	c, err := codec.NewBuiltin(gvk, gvk, nil, nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	fields := benchFields()
	for i := range benchPods {
		f.do("POST", "/api/v1/namespaces/default/pods", "application/json", "", benchPod(i), http.StatusCreated)
		_, err := storage.Update(f.Context(), f.store, fmt.Sprintf("/pods/default/pod-%06d", i), 0, func(kv storage.KeyValue) ([]byte, error) {
			o, err := c.Decode(kv.Value, kv.Revision)
			if err != nil {
				return nil, err
			}
			created := o.GetCreationTimestamp()
			o.SetManagedFields([]metav1.ManagedFieldsEntry{{
				Manager: "loadgen", Operation: "Update", APIVersion: "v1", Time: &created, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: fields},
			}})
			return c.Encode(o)
		})
		if err != nil {
			f.Fatal(err)
		}
	}
}

// answer is a response that is only counted.
type answer struct {
	header http.Header
	code   int
	size   int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(b []byte) (int, error) { a.size += len(b); return len(b), nil }

// do makes one request and returns the length of its answer.
func (f *bench) do(method, path, kind, accept string, body []byte, want int) int {
	r, err := http.NewRequestWithContext(context.Background(), method, path, bytes.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := answer{header: http.Header{}}
	f.server.ServeHTTP(&w, r)
	if w.code != want {
		f.Fatalf("%s %s: %d", method, path, w.code)
	}
	return w.size
}

// cpu is the time that this process has used, in nanoseconds: what counts where etcd works in goroutines of its own.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRequest is what each kind of request takes from the first stage to the last, the store included.
func BenchmarkRequest(b *testing.B) {
	f := newBench(b)
	f.fill()
	const pods, protobuf = "/api/v1/namespaces/default/pods", "application/vnd.kubernetes.protobuf"
	one := func(i int) string { return fmt.Sprintf("%s/pod-%06d", pods, i*7919%benchPods) }
	get := func(path, accept string) func(int) int {
		return func(int) int { return f.do("GET", path, "", accept, nil, http.StatusOK) }
	}
	config := func(i int) []byte {
		return fmt.Appendf(nil, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"upd-%d"},"data":{"n":"%d","pad":"%s"}}`, i%16, i, strings.Repeat("x", 1000))
	}
	for i := range 16 {
		f.do("POST", "/api/v1/namespaces/default/configmaps", "application/json", "", config(i), http.StatusCreated)
	}
	created, touched := benchPods, 0
	touch := func(i int, kind string) int {
		touched++
		return f.do("PATCH", one(i), kind, "", fmt.Appendf(nil, `{"metadata":{"annotations":{"touched":"%d"}}}`, touched), http.StatusOK)
	}
	for _, c := range []struct {
		name string
		// run makes the i-th request and returns the length of its answer.
		run func(i int) int
	}{
		{"get", func(i int) int { return f.do("GET", one(i), "", "", nil, http.StatusOK) }},
		{"get-protobuf", func(i int) int { return f.do("GET", one(i), "", protobuf, nil, http.StatusOK) }},
		{"list", get(pods, "")},
		{"list-protobuf", get(pods, protobuf)},
		{"list-page", get(pods+"?limit=500", "")},
		{"list-table", get(pods, "application/json;as=Table;v=v1;g=meta.k8s.io")},
		{"update", func(i int) int {
			return f.do("PUT", fmt.Sprintf("/api/v1/namespaces/default/configmaps/upd-%d", i%16), "application/json", "", config(i), http.StatusOK)
		}},
		{"merge-patch", func(i int) int { return touch(i, "application/merge-patch+json") }},
		{"strategic-patch", func(i int) int { return touch(i, "application/strategic-merge-patch+json") }},
		{"create", func(int) int {
			n := f.do("POST", pods, "application/json", "", benchPod(created), http.StatusCreated)
			created++
			return n
		}},
		{"delete", func(int) int {
			if created == 0 {
				f.Skip("there are no more pods")
			}
			created--
			return f.do("DELETE", fmt.Sprintf("%s/pod-%06d?gracePeriodSeconds=0", pods, created), "", "", nil, http.StatusOK)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f.B = b
			b.ReportAllocs()
			b.SetBytes(int64(c.run(0)))
			b.ResetTimer()
			began, i := cpu(), 0
			for b.Loop() {
				i++
				c.run(i)
			}
			b.ReportMetric((cpu()-began)/float64(i), "cpu-ns/op")
		})
	}
}

// benchPod is a pod as a user creates it.
func benchPod(i int) []byte {
	var env []string
	for k := range 20 {
		env = append(env, fmt.Sprintf(`{"name":"SETTING_%02d","value":"value-%d-of-a-typical-length-for-a-setting"}`, k, i))
	}
	return fmt.Appendf(nil, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-%06d","namespace":"default",
"labels":{"app":"app-%d","tier":"backend","shard":"s%d","pod-template-hash":"7887448d46"},
"annotations":{"checksum/config":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","prometheus.io/scrape":"true"}},
"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"registry.example/app:v1.2.3",
"ports":[{"containerPort":8080,"name":"http"}],"env":[%s],"resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"cpu":"500m","memory":"512Mi"}},
"livenessProbe":{"httpGet":{"path":"/healthz","port":"http"},"periodSeconds":10},"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}]}],
"volumes":[{"name":"tmp","emptyDir":{}}],"tolerations":[{"key":"dedicated","operator":"Exists"}]}}`, i, i%50, i%10, strings.Join(env, ","))
}

// benchFields is what upstream notes of who set what in benchPod.
func benchFields() []byte {
	var env []string
	for k := range 20 {
		env = append(env, fmt.Sprintf(`"k:{\"name\":\"SETTING_%02d\"}":{".":{},"f:name":{},"f:value":{}}`, k))
	}
	return fmt.Appendf(nil, `{"f:metadata":{"f:annotations":{".":{},"f:checksum/config":{},"f:prometheus.io/scrape":{}},`+
		`"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{},"f:shard":{},"f:tier":{}}},`+
		`"f:spec":{"f:automountServiceAccountToken":{},"f:containers":{"k:{\"name\":\"main\"}":{".":{},"f:env":{".":{},%s},"f:image":{},"f:imagePullPolicy":{},`+
		`"f:livenessProbe":{".":{},"f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"f:port":{},"f:scheme":{}},"f:periodSeconds":{},"f:successThreshold":{},"f:timeoutSeconds":{}},`+
		`"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},`+
		`"f:resources":{".":{},"f:limits":{".":{},"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{},`+
		`"f:volumeMounts":{".":{},"k:{\"mountPath\":\"/tmp\"}":{".":{},"f:mountPath":{},"f:name":{}}}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},`+
		`"f:securityContext":{},"f:terminationGracePeriodSeconds":{},"f:tolerations":{},"f:volumes":{".":{},"k:{\"name\":\"tmp\"}":{".":{},"f:emptyDir":{},"f:name":{}}}}}`, strings.Join(env, ","))
}
