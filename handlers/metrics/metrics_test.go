package metrics

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// shown is a page of metrics, read.
type shown struct {
	types   map[string]string
	labels  map[string]string
	buckets map[string][]string
	values  map[string]string
}

var (
	sampleLine = regexp.MustCompile(`^(\w+)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
)

func scrape(t *testing.T, m *Metrics) shown {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("status %d, %q: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	// By this a scraper tells a restart from a counter that is set back.
	if started, err := strconv.ParseInt(w.Header().Get("Process-Start-Time-Unix"), 10, 64); err != nil || started <= 0 {
		t.Errorf("started at %q", w.Header().Get("Process-Start-Time-Unix"))
	}
	s := shown{map[string]string{}, map[string]string{}, map[string][]string{}, map[string]string{}}
	for line := range strings.Lines(w.Body.String()) {
		line = strings.TrimSuffix(line, "\n")
		if rest, found := strings.CutPrefix(line, "# TYPE "); found {
			name, kind, _ := strings.Cut(rest, " ")
			s.types[name] = kind
		}
		sample := sampleLine.FindStringSubmatch(line)
		if sample == nil {
			continue
		}
		name := sample[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, found := strings.CutSuffix(name, suffix); found && s.types[base] != "" && s.types[name] == "" {
				name = base
			}
		}
		var labels []string
		for _, pair := range labelPair.FindAllStringSubmatch(sample[2], -1) {
			switch pair[1] {
			case "le":
				if !slices.Contains(s.buckets[name], pair[2]) {
					s.buckets[name] = append(s.buckets[name], pair[2])
				}
			case "quantile":
			default:
				labels = append(labels, pair[1])
			}
		}
		slices.Sort(labels)
		s.labels[name] = strings.Join(labels, ",")
		s.values[sample[1]+"{"+sample[2]+"}"] = sample[3]
	}
	return s
}

// ours is a server's metrics with something in every one of them.
func ours(t *testing.T) *Metrics {
	t.Helper()
	gates, err := features.Parse([]string{"HPAScaleToZero=true"})
	if err != nil {
		t.Fatal(err)
	}
	m := New(version.Info{Major: "1", Minor: "36"})
	m.Observe(Sources{
		Stored: func() []Stored {
			return []Stored{{schema.GroupResource{Group: "apps", Resource: "deployments"}, 3, 1200, exactDigits + 7, 2}}
		},
		Cache: func() cache.Stats {
			return cache.Stats{
				Collections: map[string]cache.Weight{"/pods/": {Objects: 2, Stored: 100, Packed: 10}, "/secrets/": {Objects: 1, Stored: 5, Packed: 5}},
				Changes:     9, States: 8, Pieces: 7, Followers: 6, Groups: 5, Past: 4, Indexes: 3, Since: time.Now().Add(time.Hour),
			}
		},
		Size:     func(context.Context) (int64, error) { return 4096, nil },
		Audited:  func() (int64, int64) { return 4, 2 },
		Features: gates,
	})
	w := m.Reads(schema.GroupVersionResource{Version: "v1", Resource: "pods"})
	w.Initial()
	w.Sent(1024)
	w.Sent(1 << 20)
	w.Slow()
	w.Listed("f:spec.nodeName", 7, 3)
	w.Waited(time.Millisecond)
	w.Consistent(true)
	m.Handed("/pods/a/x")
	m.Leased(11)
	serve(t, m, http.MethodGet, "/api/v1/namespaces/a/pods/x?dryRun=All", nil)
	serve(t, m, http.MethodGet, "/api/v1/pods", nil)
	serve(t, m, http.MethodGet, "/api/v1/pods?watch=1", nil)
	s := m.Store(&answering{err: storage.ErrUnavailable})
	if _, _, err := s.Get(t.Context(), "/pods/a/x"); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatal(err)
	}
	began := httptest.NewRequest(http.MethodGet, "/api/v1/namespaces/a/pods?watch=1&sendInitialEvents=true", nil)
	request := pipeline.NewRequest(httptest.NewRecorder(), began, pipeline.ParseInfo(began.Method, began.URL.Path))
	request.Resource = pods()
	w.Begins(request)()
	listing := m.Store(&answering{})
	loaded := 0
	if _, err := listing.Load(t.Context(), func(some []storage.KeyValue) error { loaded += len(some); return nil }); err != nil || loaded != 8 {
		t.Fatal(loaded, err)
	}
	if _, err := listing.List(t.Context(), "/pods/a/", storage.ListOptions{Revision: 7}); err != nil {
		t.Fatal(err)
	}
	if err := s.Feed(t.Context(), 0, func([]storage.Event, int64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Authenticator(recognizes("someone", nil)).Authenticate(nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// What has upstream's name has its type, labels and buckets too. What it does not know begins with our name.
func TestAsTheOriginal(t *testing.T) {
	f, err := os.Open("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string][]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if facts := strings.Fields(lines.Text()); facts[0] != "#" {
			known[facts[0]] = facts
		}
	}
	got := scrape(t, ours(t))
	if len(got.types) < 60 || len(known) < 200 {
		t.Fatalf("%d metrics, the original has %d", len(got.types), len(known))
	}
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	for name, kind := range got.types {
		if strings.HasPrefix(name, "gatehouse_") {
			continue
		}
		facts := []string{name, kind, dash(got.labels[name]), dash(strings.Join(got.buckets[name], ","))}
		if !slices.Equal(facts, known[name]) {
			t.Errorf("shown %q, the original %q", facts, known[name])
		}
	}
}

func TestValues(t *testing.T) {
	got := scrape(t, ours(t))
	for sample, want := range map[string]string{
		`apiserver_audit_event_total{}`:             "4",
		`apiserver_audit_requests_rejected_total{}`: "2",
		`apiserver_request_total{code="200",component="apiserver",dry_run="All",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"}`: "1",
		`apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"}`:   "1",
		`apiserver_response_sizes_sum{component="apiserver",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1"}`:                     "5",
		`apiserver_longrunning_requests{component="apiserver",group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"}`:                  "0",
		`apiserver_watch_events_total{group="",resource="pods",version="v1"}`:                                                                                      "2",
		`apiserver_watch_events_sizes_bucket{group="",resource="pods",version="v1",le="1024"}`:                                                                     "1",
		`apiserver_watch_events_sizes_bucket{group="",resource="pods",version="v1",le="131072"}`:                                                                   "1",
		`apiserver_watch_events_sizes_bucket{group="",resource="pods",version="v1",le="+Inf"}`:                                                                     "2",
		`apiserver_watch_events_sizes_sum{group="",resource="pods",version="v1"}`:                                                                                  "1.0496e+06",
		`apiserver_init_events_total{group="",resource="pods"}`:                                                                                                    "1",
		`apiserver_resource_objects{group="apps",resource="deployments"}`:                                                                                          "3",
		`apiserver_storage_objects{resource="deployments.apps"}`:                                                                                                   "3",
		`apiserver_watch_cache_resource_version{group="apps",resource="deployments"}`:                                                                              "7",
		`apiserver_storage_events_received_total{group="example.org",resource="widgets"}`:                                                                          "1",
		`apiserver_resource_size_estimate_bytes{group="apps",resource="deployments"}`:                                                                              "1200",
		`apiserver_watch_cache_initializations_total{group="apps",resource="deployments"}`:                                                                         "2",
		`apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}`:                                                                                                "4096",
		`apiserver_terminated_watchers_total{group="",resource="pods"}`:                                                                                            "1",
		`apiserver_cache_list_total{group="",index="f:spec.nodeName",resource="pods"}`:                                                                             "1",
		`apiserver_cache_list_fetched_objects_total{group="",index="f:spec.nodeName",resource="pods"}`:                                                             "7",
		`apiserver_cache_list_returned_objects_total{group="",resource="pods"}`:                                                                                    "3",
		`apiserver_watch_cache_read_wait_seconds_sum{group="",resource="pods"}`:                                                                                    "0.001",
		`apiserver_watch_cache_consistent_read_total{fallback="false",group="",resource="pods",success="true"}`:                                                    "1",
		`apiserver_watch_list_duration_seconds_count{group="",resource="pods",scope="namespace",version="v1"}`:                                                     "1",
		`apiserver_watch_cache_events_dispatched_total{group="",resource="pods"}`:                                                                                  "1",
		`etcd_lease_object_counts_sum{}`:           "11",
		`etcd_lease_object_counts_bucket{le="10"}`: "0",
		// Everything is loaded in two parts, and some pods are listed: a part that goes on is no list of its own.
		`apiserver_storage_list_total{group="",resource="pods"}`:                                 "2",
		`apiserver_storage_list_fetched_objects_total{group="",resource="pods"}`:                 "5",
		`apiserver_storage_list_total{group="",resource="endpoints"}`:                            "1",
		`apiserver_storage_list_returned_objects_total{group="",resource="endpoints"}`:           "2",
		`apiserver_storage_list_total{group="",resource="services"}`:                             "1",
		`apiserver_storage_list_evaluated_objects_total{group="example.org",resource="widgets"}`: "1",
		`gatehouse_store_progress_total{}`:                                                       "1",
		`gatehouse_cache_object_bytes{form="stored"}`:                                            "105",
		`gatehouse_cache_object_bytes{form="packed"}`:                                            "15",
		`gatehouse_cache_changes{}`:                                                              "9",
		`gatehouse_cache_states{}`:                                                               "8",
		`gatehouse_cache_encoded_bytes{}`:                                                        "7",
		`gatehouse_cache_indexes{}`:                                                              "3",
		`gatehouse_cache_watches{}`:                                                              "6",
		`gatehouse_cache_watch_groups{}`:                                                         "5",
		`gatehouse_cache_past_watches{}`:                                                         "4",
		`apiserver_watch_cache_events_received_total{group="",resource="services"}`:              "1",
		`etcd_request_errors_total{group="",operation="get",resource="pods"}`:                    "1",
		`authenticated_user_requests{username="other"}`:                                          "1",
		`authentication_attempts{result="success"}`:                                              "1",
		`apiserver_current_inflight_requests{request_kind="readOnly"}`:                           "0",
		`kubernetes_feature_enabled{name="HPAScaleToZero",stage="ALPHA"}`:                        "1",
		`kubernetes_feature_enabled{name="SELinuxMount",stage="BETA"}`:                           "0",
		`kubernetes_feature_enabled{name="DRAAdminAccess",stage=""}`:                             "1",
	} {
		if got.values[sample] != want {
			t.Errorf("%s is %q, want %s", sample, got.values[sample], want)
		}
	}
}

func pods() *resource.Resource {
	return &resource.Resource{Row: resources.Row{Version: "v1", Resource: "pods", Namespaced: true}}
}

// serve takes a request through the stage to an answer of five bytes, or to an error.
func serve(t *testing.T, m *Metrics, method, target string, fail error) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	request := pipeline.NewRequest(httptest.NewRecorder(), r, pipeline.ParseInfo(method, r.URL.Path))
	if request.Info.Resource == "pods" {
		request.Resource = pods()
	}
	stage := m.Measure(func(path string) string {
		if strings.HasPrefix(path, "/apis") {
			return "/apis"
		}
		return ""
	})
	err := stage(func(r *pipeline.Request) error {
		if fail != nil {
			return fail
		}
		_, err := r.Writer.Write([]byte("hello"))
		return err
	})(request)
	if !errors.Is(err, fail) {
		t.Fatal(err)
	}
}

func TestWhatIsCounted(t *testing.T) {
	for _, c := range []struct {
		method, target string
		err            error
		want           string
	}{
		{"GET", "/apis/never/heard", nil, `code="200",component="apiserver",dry_run="",group="",resource="",scope="",subresource="apis",verb="GET",version=""`},
		{"GET", "/made-up", nil, ""},
		{"GET", "/api/v1/made-up", nil, ""},
		{"BREW", "/api/v1/pods", nil, `code="200",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="other",version="v1"`},
		{"POST", "/api/v1/namespaces/a/pods?dryRun=Some", nil, `code="200",component="apiserver",dry_run="invalid",group="",resource="pods",scope="resource",subresource="",verb="POST",version="v1"`},
		{"DELETE", "/api/v1/namespaces/a/pods", nil, `code="200",component="apiserver",dry_run="",group="",resource="pods",scope="namespace",subresource="",verb="DELETE",version="v1"`},
		{"GET", "/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dx", nil, `code="200",component="apiserver",dry_run="",group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"`},
		{"GET", "/api/v1/namespaces/a/pods/x", apierrors.NewGone("gone"), `code="410",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"`},
		{"GET", "/api/v1/namespaces/a/pods/x", errors.New("broken"), `code="500",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"`},
	} {
		m := New(version.Info{})
		serve(t, m, c.method, c.target, c.err)
		var got []string
		for sample := range scrape(t, m).values {
			if rest, found := strings.CutPrefix(sample, "apiserver_request_total{"); found {
				got = append(got, strings.TrimSuffix(rest, "}"))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %s is counted as %v, want %s", c.method, c.target, got, c.want)
		}
	}
}

// A request that panics is not under way for ever.
func TestPanic(t *testing.T) {
	m := New(version.Info{})
	r := httptest.NewRequest(http.MethodGet, "/apis", nil)
	request := pipeline.NewRequest(httptest.NewRecorder(), r, pipeline.ParseInfo(r.Method, r.URL.Path))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = m.Measure(func(path string) string { return path })(func(*pipeline.Request) error { panic("no") })(request)
	}()
	got := scrape(t, m).values
	if n := got[`apiserver_current_inflight_requests{request_kind="readOnly"}`]; n != "0" {
		t.Errorf("%s requests are under way", n)
	}
	if n := got[`apiserver_request_total{code="500",component="apiserver",dry_run="",group="",resource="",scope="",subresource="apis",verb="GET",version=""}`]; n != "1" {
		t.Errorf("%q requests were answered with 500", n)
	}
}

func TestUpdatesThatDelete(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		value []byte
		err   error
		want  map[string]string
	}{
		{[]byte("new"), nil, map[string]string{"update": "1"}},
		{nil, nil, map[string]string{"delete": "1"}},
		{[]byte("old"), nil, map[string]string{"get": "1"}},
		{nil, refused, map[string]string{"get": "1"}},
	} {
		m := New(version.Info{})
		next := func(storage.KeyValue) ([]byte, error) { return c.value, c.err }
		if _, err := storage.Update(t.Context(), m.Store(&answering{}), "/minions/n", 0, next); !errors.Is(err, c.err) {
			t.Fatal(err)
		}
		got := scrape(t, m).values
		for _, operation := range []string{"update", "delete", "get"} {
			if n := got[`etcd_requests_total{group="",operation="`+operation+`",resource="nodes"}`]; n != c.want[operation] {
				t.Errorf("%q, %v: %s is %q", c.value, c.err, operation, n)
			}
		}
	}
}

func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		says authz.Decision
		err  error
		want string
	}{
		{authz.Allow, nil, "allowed"}, {authz.Deny, nil, "denied"}, {authz.NoOpinion, nil, "no-opinion"},
		{authz.NoOpinion, errors.New("lost"), "error"}, {authz.Allow, errors.New("one of several"), "allowed"},
	} {
		m := New(version.Info{})
		decision, _, err := m.Authorizer(decides{c.says, c.err}).Authorize(t.Context(), authz.Attributes{})
		if decision != c.says || !errors.Is(err, c.err) {
			t.Errorf("%v became %v, %v", c, decision, err)
		}
		for result, n := range map[string]int{"allowed": 0, "denied": 0, "no-opinion": 0, "error": 0, c.want: 1} {
			if got := scrape(t, m).values[`authorization_attempts_total{result="`+result+`"}`]; got != strconv.Itoa(n) {
				t.Errorf("%v: %s is %s", c, result, got)
			}
		}
	}
}

func TestUsersAreFewLabels(t *testing.T) {
	for name, want := range map[string]string{"admin": "admin", "jane@example.org": "email_id", "system:serviceaccount:a:b": "other"} {
		m := New(version.Info{})
		if _, err := m.Authenticator(recognizes(name, nil)).Authenticate(nil); err != nil {
			t.Fatal(err)
		}
		if got := scrape(t, m).values[`authenticated_user_requests{username="`+want+`"}`]; got != "1" {
			t.Errorf("%s: %s is %q", name, want, got)
		}
	}
	for want, err := range map[string]error{"failure": authn.ErrNoCredentials, "error": errors.New("wrong")} {
		m := New(version.Info{})
		if _, got := m.Authenticator(recognizes("", err)).Authenticate(nil); !errors.Is(got, err) {
			t.Error(got)
		}
		if got := scrape(t, m).values[`authentication_attempts{result="`+want+`"}`]; got != "1" {
			t.Errorf("%s is %q", want, got)
		}
	}
}

type recognizer func() (*resource.UserInfo, error)

func (r recognizer) Authenticate(*http.Request) (*resource.UserInfo, error) { return r() }

func recognizes(name string, err error) authn.Authenticator {
	return recognizer(func() (*resource.UserInfo, error) {
		if err != nil {
			return nil, err
		}
		return &resource.UserInfo{Name: name}, nil
	})
}

type decides struct {
	decision authz.Decision
	err      error
}

func (d decides) Authorize(context.Context, authz.Attributes) (authz.Decision, string, error) {
	return d.decision, "", d.err
}

// answering is a store that answers reads with err, lists eight keys, carries out updates without keeping them,
// and feeds three changes and that nothing came after.
type answering struct {
	storage.Feeder
	err error
}

func (a *answering) Get(context.Context, string) (storage.KeyValue, int64, error) {
	return storage.KeyValue{}, 0, a.err
}

func (a *answering) Peek(_ context.Context, key string) (storage.KeyValue, bool) {
	return storage.KeyValue{Key: key, Value: []byte("old"), Revision: 1}, true
}

func (a *answering) Swap(_ context.Context, seen storage.KeyValue, _ []byte, _ time.Duration) (storage.KeyValue, bool, error) {
	return seen, true, nil
}

func (a *answering) Feed(_ context.Context, _ int64, apply func([]storage.Event, int64) error) error {
	if err := apply([]storage.Event{{Key: "/example.org/widgets/a/b"}, {Key: "/services/specs/a/b"}, {Key: "/ranges/serviceips"}}, 1); err != nil {
		return err
	}
	return apply(nil, 2)
}

func (a *answering) List(_ context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	var result storage.ListResult
	for _, key := range []string{
		"/example.org/widgets/a/b", "/pods/a/x", "/pods/a/y", "/pods/b/x", "/ranges/serviceips", "/services/endpoints/a/x",
		"/services/endpoints/a/y", "/services/specs/a/x",
	} {
		if strings.HasPrefix(key, prefix) && key >= o.From && (o.Limit == 0 || len(result.Items) < int(o.Limit)) {
			result.Items = append(result.Items, storage.KeyValue{Key: key})
		}
	}
	return result, a.err
}

func (a *answering) Load(ctx context.Context, take func([]storage.KeyValue) error) (int64, error) {
	for _, page := range []storage.ListOptions{{Limit: 6}, {From: "/services/endpoints/a/x\x00"}} {
		some, err := a.List(ctx, "", page)
		if err == nil {
			err = take(some.Items)
		}
		if err != nil {
			return 0, err
		}
	}
	return 7, nil
}
