package handlers_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

const (
	kubernetesEndpoints = "/api/v1/namespaces/default/endpoints/kubernetes"
	kubernetesSlice     = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
	kubernetesService   = "/api/v1/namespaces/default/services/kubernetes"
)

// presentServer says of itself that it is at ip.
func presentServer(t *testing.T, backend *memory.Store, ip, reconciler string) *server {
	t.Helper()
	s := serverOf(t, backend, handlers.Options{
		ServiceCIDRs: []string{"10.0.0.0/16"}, Advertised: &presence.Advertised{IP: ip, Port: 7710, Reconciler: reconciler, Count: 2, Hostname: "vm"},
	})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// addresses are those of the endpoints and of the slice, which must not differ.
func (s *server) addresses() string {
	_, out := s.do("GET", kubernetesEndpoints, nil)
	ips := []string{}
	subsets, _ := out["subsets"].([]any)
	for _, subset := range subsets {
		list, _ := object(subset.(map[string]any)).at("addresses").([]any)
		for _, a := range list {
			ips = append(ips, fmt.Sprint(a.(map[string]any)["ip"]))
		}
	}
	_, out = s.do("GET", kubernetesSlice, nil)
	slice := []string{}
	list, _ := out["endpoints"].([]any)
	for _, e := range list {
		slice = append(slice, fmt.Sprint(e.(map[string]any)["addresses"].([]any)[0]))
	}
	if a, b := strings.Join(ips, " "), strings.Join(slice, " "); a != b {
		return a + ", but the slice has " + b
	}
	return strings.Join(ips, " ")
}

// masked is an object as JSON without what differs from one server to another. The names and forms are those of objects that
// the reference has written.
func (s *server) masked(path string) string {
	s.t.Helper()
	_, out := s.do("GET", path, nil)
	b, err := json.Marshal(out)
	if err != nil {
		s.t.Fatal(err)
	}
	text := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(string(b), "UID")
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`).ReplaceAllString(text, "TIME")
	return regexp.MustCompile(`"resourceVersion":"\d+"`).ReplaceAllString(text, `"resourceVersion":"N"`)
}

// TestPresence: what a server creates at its start is what kube-apiserver 1.36.3 creates, as recorded with
// kubectl get --show-managed-fields, and it takes back what is its own.
func TestPresence(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := presentServer(t, backend, "192.0.2.2", presence.Lease)
	await(t, "the endpoints", "192.0.2.2", s.addresses)
	const lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/apiserver-wlv32tlttr4jl3gtroqexyxapa"
	await(t, "the lease", "Lease", func() string { _, out := s.do("GET", lease, nil); return fmt.Sprint(out["kind"]) })
	for path, want := range map[string]string{
		kubernetesService:   `{"apiVersion":"v1","kind":"Service","metadata":{"creationTimestamp":"TIME","labels":{"component":"apiserver","provider":"kubernetes"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:component":{},"f:provider":{}}},"f:spec":{"f:clusterIP":{},"f:internalTrafficPolicy":{},"f:ipFamilyPolicy":{},"f:ports":{".":{},"k:{\"port\":443,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},"f:sessionAffinity":{},"f:type":{}}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"kubernetes","namespace":"default","resourceVersion":"N","uid":"UID"},"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{"name":"https","port":443,"protocol":"TCP","targetPort":7710}],"sessionAffinity":"None","type":"ClusterIP"},"status":{"loadBalancer":{}}}`,
		kubernetesEndpoints: `{"apiVersion":"v1","kind":"Endpoints","metadata":{"creationTimestamp":"TIME","labels":{"endpointslice.kubernetes.io/skip-mirror":"true"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:endpointslice.kubernetes.io/skip-mirror":{}}},"f:subsets":{}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"kubernetes","namespace":"default","resourceVersion":"N","uid":"UID"},"subsets":[{"addresses":[{"ip":"192.0.2.2"}],"ports":[{"name":"https","port":7710,"protocol":"TCP"}]}]}`,
		kubernetesSlice:     `{"addressType":"IPv4","apiVersion":"discovery.k8s.io/v1","endpoints":[{"addresses":["192.0.2.2"],"conditions":{"ready":true}}],"kind":"EndpointSlice","metadata":{"creationTimestamp":"TIME","generation":1,"labels":{"kubernetes.io/service-name":"kubernetes"},"managedFields":[{"apiVersion":"discovery.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:labels":{".":{},"f:kubernetes.io/service-name":{}}},"f:ports":{}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"kubernetes","namespace":"default","resourceVersion":"N","uid":"UID"},"ports":[{"name":"https","port":7710,"protocol":"TCP"}]}`,
		"/apis/networking.k8s.io/v1/servicecidrs/kubernetes":                 `{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"creationTimestamp":"TIME","managedFields":[{"apiVersion":"networking.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:status":{},"f:type":{}}}}},"manager":"kubernetes-service-cidr-controller","operation":"Apply","subresource":"status","time":"TIME"},{"apiVersion":"networking.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:cidrs":{}}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"kubernetes","resourceVersion":"N","uid":"UID"},"spec":{"cidrs":["10.0.0.0/16"]},"status":{"conditions":[{"lastTransitionTime":"TIME","message":"Kubernetes default Service CIDR is ready","reason":"","status":"True","type":"Ready"}]}}`,
		"/apis/networking.k8s.io/v1/ipaddresses/10.0.0.1":                    `{"apiVersion":"networking.k8s.io/v1","kind":"IPAddress","metadata":{"creationTimestamp":"TIME","labels":{"ipaddress.kubernetes.io/ip-family":"IPv4","ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"},"managedFields":[{"apiVersion":"networking.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:ipaddress.kubernetes.io/ip-family":{},"f:ipaddress.kubernetes.io/managed-by":{}}},"f:spec":{"f:parentRef":{".":{},"f:name":{},"f:namespace":{},"f:resource":{}}}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"10.0.0.1","resourceVersion":"N","uid":"UID"},"spec":{"parentRef":{"name":"kubernetes","namespace":"default","resource":"services"}}}`,
		"/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical":    `{"apiVersion":"scheduling.k8s.io/v1","description":"Used for system critical pods that must not be moved from their current node.","kind":"PriorityClass","metadata":{"creationTimestamp":"TIME","generation":1,"managedFields":[{"apiVersion":"scheduling.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:description":{},"f:preemptionPolicy":{},"f:value":{}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"system-node-critical","resourceVersion":"N","uid":"UID"},"preemptionPolicy":"PreemptLowerPriority","value":2000001000}`,
		"/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical": `{"apiVersion":"scheduling.k8s.io/v1","description":"Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.","kind":"PriorityClass","metadata":{"creationTimestamp":"TIME","generation":1,"managedFields":[{"apiVersion":"scheduling.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:description":{},"f:preemptionPolicy":{},"f:value":{}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"system-cluster-critical","resourceVersion":"N","uid":"UID"},"preemptionPolicy":"PreemptLowerPriority","value":2000000000}`,
		// Without the annotation that offers to answer other servers' requests.
		lease: `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"creationTimestamp":"TIME","labels":{"apiserver.kubernetes.io/identity":"kube-apiserver","kubernetes.io/hostname":"vm"},"managedFields":[{"apiVersion":"coordination.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:apiserver.kubernetes.io/identity":{},"f:kubernetes.io/hostname":{}}},"f:spec":{"f:holderIdentity":{},"f:leaseDurationSeconds":{},"f:renewTime":{}}},"manager":"kube-apiserver","operation":"Update","time":"TIME"}],"name":"apiserver-wlv32tlttr4jl3gtroqexyxapa","namespace":"kube-system","resourceVersion":"N","uid":"UID"},"spec":{"holderIdentity":"apiserver-wlv32tlttr4jl3gtroqexyxapa_UID","leaseDurationSeconds":3600,"renewTime":"TIME"}}`,
	} {
		if got := s.masked(path); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
	const stored = "k8s\x00\n\x0f\n\x02v1\x12\tEndpoints\x12#\n\x10\n\x00\x12\x00\x1a\x00\"\x00*\x002\x008\x01B\x00\x12\x0f\n\r\n\t192.0.2.2\x1a\x00\x1a\x00\"\x00"
	if kv, _, err := backend.Get(t.Context(), resource.MasterLeases.Key("", "192.0.2.2")); err != nil || string(kv.Value) != stored {
		t.Errorf("the lease in the store: %q, %v", kv.Value, err)
	}

	other := presentServer(t, backend, "192.0.2.1", presence.Lease)
	await(t, "both", "192.0.2.1 192.0.2.2", other.addresses)
	s.Leave()
	await(t, "the other", "192.0.2.1", other.addresses)
	other.Close()
	list, err := backend.List(t.Context(), resource.MasterLeases.Prefix(), storage.ListOptions{})
	if err != nil || len(list.Items) > 0 {
		t.Errorf("leases that are left: %v, %v", list.Items, err)
	}
	last := serverOf(t, backend, handlers.Options{})
	if got := last.addresses(); got != "" {
		t.Errorf("endpoints that are left: %s", got)
	}
	if names := last.names("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"); names != "" {
		t.Errorf("leases of servers that are left: %s", names)
	}
}

// TestReconcilers: master-count adds each server and keeps as many as there are; none leaves the endpoints alone.
func TestReconcilers(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	quiet := presentServer(t, backend, "192.0.2.9", presence.None)
	await(t, "the service", "Service", func() string { _, out := quiet.do("GET", kubernetesService, nil); return fmt.Sprint(out["kind"]) })
	a := presentServer(t, backend, "192.0.2.3", presence.MasterCount)
	await(t, "one", "192.0.2.3", quiet.addresses)
	b := presentServer(t, backend, "192.0.2.1", presence.MasterCount)
	await(t, "two", "192.0.2.1 192.0.2.3", quiet.addresses)
	c := presentServer(t, backend, "192.0.2.2", presence.MasterCount)
	await(t, "two of three", "192.0.2.1 192.0.2.2", quiet.addresses)
	for _, s := range []*server{a, c} {
		s.Close()
	}
	await(t, "one again", "192.0.2.1", quiet.addresses)
	b.Close()
	await(t, "none", "", quiet.addresses)
	if names := strings.Fields(quiet.names("/apis/networking.k8s.io/v1/servicecidrs")); !slices.Equal(names, []string{"kubernetes"}) {
		t.Errorf("ranges: %q", names)
	}
}
