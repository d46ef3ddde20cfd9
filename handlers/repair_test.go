package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/presence"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

const (
	servicePath = "/api/v1/namespaces/default/services"
	addressPath = "/apis/networking.k8s.io/v1/ipaddresses"
)

// told are the reasons of the events in default, sorted, each with what it is about.
func (s *server) told() string {
	_, out := s.do("GET", "/apis/events.k8s.io/v1/namespaces/default/events", nil)
	items, _ := out["items"].([]any)
	var reasons []string
	for _, item := range items {
		e := object(item.(map[string]any))
		reasons = append(reasons, fmt.Sprint(e["reason"], " ", e.at("regarding", "name")))
		if e["action"] == nil || e["eventTime"] == nil || !strings.HasSuffix(fmt.Sprint(e["reportingController"]), "allocator-repair-controller") {
			s.t.Errorf("an event lacks something: %v", e)
		}
	}
	slices.Sort(reasons)
	return strings.Join(reasons, ", ")
}

// TestRepair: what a service says it has and nobody gave it is given to it, and what nobody has is free again, once no
// service can be on its way any more. Nothing else changes.
func TestRepair(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := presentServer(t, backend, "192.0.2.2", presence.None)
	await(t, "the service", "10.0.0.1", func() string { return s.names(addressPath) })
	service := func(name, ip string, port int) object {
		return object{"metadata": map[string]any{"name": name}, "spec": object{"type": "NodePort", "clusterIP": ip, "ports": []any{object{"port": 80, "nodePort": port}}}}
	}
	for i, name := range []string{"good", "lost", "other"} {
		s.create(servicePath, service(name, fmt.Sprintf("10.0.0.%d", 11+i), 31001+i))
	}
	address := func(ip string, ref object) object {
		return object{
			"metadata": map[string]any{"name": ip, "labels": object{"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}},
			"spec":     object{"parentRef": ref},
		}
	}
	of := func(service string) object {
		return object{"resource": "services", "namespace": "default", "name": service}
	}
	s.do("DELETE", addressPath+"/10.0.0.12", nil)
	s.do("DELETE", addressPath+"/10.0.0.13", nil)
	s.create(addressPath, address("10.0.0.13", of("good")))
	s.create(addressPath, address("10.0.0.50", of("gone")))
	s.create(addressPath, address("10.0.0.51", object{"resource": "gateways", "namespace": "default", "name": "g"}))
	foreign := address("10.0.0.52", of("gone"))
	foreign["metadata"].(map[string]any)["labels"] = object{"ipaddress.kubernetes.io/managed-by": "somebody"}
	s.create(addressPath, foreign)

	now := time.Now()
	repair := s.Repairer(func() time.Time { return now })
	once := func() {
		t.Helper()
		if err := repair.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	once()
	for ip, want := range map[string]int{"10.0.0.12": 200, "10.0.0.50": 200, "10.0.0.51": 404, "10.0.0.52": 200} {
		if code, _ := s.do("GET", addressPath+"/"+ip, nil); code != want {
			t.Errorf("%s: %d, want %d", ip, code, want)
		}
	}
	// Now nothing can be on its way any more.
	now = now.Add(2 * time.Minute)
	once()
	once()
	if got, want := s.names(addressPath), "10.0.0.1 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.52"; got != want {
		t.Errorf("addresses: %s, want %s", got, want)
	}
	for ip, want := range map[string]string{"10.0.0.11": "good", "10.0.0.12": "lost", "10.0.0.13": "other"} {
		if _, out := s.do("GET", addressPath+"/"+ip, nil); out.at("spec", "parentRef", "name") != want {
			t.Errorf("%s is %v's, want %s's", ip, out.at("spec", "parentRef", "name"), want)
		}
	}
	if got, want := s.told(), "ClusterIPNotAllocated lost, ClusterIPNotAllocated other, IPAddressNotAllocated 10.0.0.50, IPAddressNotAllocated 10.0.0.51, IPAddressWrongReference 10.0.0.13"; got != want {
		t.Errorf("events: %s, want %s", got, want)
	}
}

// TestRepairOfPorts: a port without a service is free after it was found three times; one that a service has is taken.
func TestRepairOfPorts(t *testing.T) {
	backend := memory.New(memory.Options{})
	t.Cleanup(func() { _ = backend.Close() })
	s := presentServer(t, backend, "192.0.2.2", presence.None)
	create := func(name string, port int) int {
		code, _ := s.do("POST", servicePath, object{"metadata": map[string]any{"name": name}, "spec": object{"type": "NodePort", "ports": []any{object{"port": 80, "nodePort": port}}}})
		return code
	}
	if code := create("a", 31001); code != 201 {
		t.Fatal(code)
	}
	ports := s.Ports()
	attempt := &resource.Attempt{}
	if err := ports.Start(attempt).Take(t.Context(), 31002); err != nil {
		t.Fatal(err)
	}
	attempt.Settle(true)
	ports.Release(t.Context(), 31001)
	repair := s.Repairer(time.Now)
	for i, want := range []int{422, 422, 201} {
		if err := repair.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code := create("leaked", 31002); code != want {
			t.Errorf("after %d times: %d, want %d", i+1, code, want)
		}
		if code := create("twice", 31001); code != 422 {
			t.Errorf("a port that a service has: %d", code)
		}
	}
	if got, want := s.told(), "PortNotAllocated a"; got != want {
		t.Errorf("events: %s, want %s", got, want)
	}
	before, err := backend.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := repair.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := backend.Revision(t.Context()); err != nil || after != before {
		t.Errorf("something was written although all is well: %d after %d, %v", after, before, err)
	}
}
