package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/allocate"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var ipAddresses = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ipaddresses"}

// serviceOf has what defaults fill in.
func serviceOf(t *testing.T, text string) *corev1.Service {
	t.Helper()
	svc := kindtest.Parse[corev1.Service](t, `{metadata: {name: s, namespace: ns}, spec: `+text+`}`)
	if svc.Spec.Type == "" {
		svc.Spec.Type = clusterIP
	}
	if svc.Spec.SessionAffinity == "" {
		svc.Spec.SessionAffinity = "None"
	}
	if svc.Spec.Type != externalName {
		svc.Spec.InternalTrafficPolicy = new("Cluster")
	}
	if external(svc) && svc.Spec.ExternalTrafficPolicy == "" {
		svc.Spec.ExternalTrafficPolicy = "Cluster"
	}
	for i := range svc.Spec.Ports {
		svc.Spec.Ports[i].Protocol = "TCP"
	}
	return svc
}

// write runs what the verbs run: old is nil for a create.
func write(s *resource.Strategy, a *resource.Attempt, svc, old *corev1.Service, stored bool) error {
	ctx := context.Background()
	err := func() error {
		if old == nil {
			if err := s.PrepareForCreate(ctx, a, svc); err != nil {
				return err
			}
			if errs := s.Validate(ctx, svc); len(errs) > 0 {
				return invalidService(svc.Name, errs)
			}
			return s.Allocate(ctx, a, svc, nil)
		}
		if err := s.PrepareForUpdate(ctx, a, svc, old); err != nil {
			return err
		}
		if errs := append(s.Validate(ctx, svc), s.ValidateUpdate(ctx, svc, old)...); len(errs) > 0 {
			return invalidService(svc.Name, errs)
		}
		return s.Allocate(ctx, a, svc, old)
	}()
	a.Settle(err == nil && stored)
	return err
}

// remove runs what a deletion runs.
func remove(s *resource.Strategy, svc *corev1.Service) {
	a := kindtest.Attempt()
	s.Release(context.Background(), a, svc)
	a.Settle(true)
}

func causes(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return fmt.Sprint(err)
	}
	var out []string
	for _, c := range status.Status().Details.Causes {
		out = append(out, c.Field+": "+c.Message)
	}
	return strings.Join(out, "\n")
}

// The texts are upstream's, which serves 10.0.0.0/24 here.
func TestServiceRules(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{`{clusterIP: 10.0.0.1, ports: [{port: 80}]}`, `spec.clusterIPs: Invalid value: ["10.0.0.1"]: failed to allocate IP 10.0.0.1: provided IP is already allocated`},
		{`{clusterIP: 10.1.0.1, ports: [{port: 80}]}`, `spec.clusterIPs: Invalid value: ["10.1.0.1"]: failed to allocate IP 10.1.0.1: the provided network does not match the current range`},
		{`{clusterIP: 10.0.0.255, ports: [{port: 80}]}`, `spec.clusterIPs: Invalid value: ["10.0.0.255"]: failed to allocate IP 10.0.0.255: the provided network does not match the current range`},
		{`{clusterIP: "fd00::1", ports: [{port: 80}]}`, `spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster`},
		{`{selector: {a: b}}`, `spec.ports: Required value`},
		{`{type: ExternalName, externalName: a.b, clusterIP: 10.0.0.9}`, `spec.clusterIPs: Forbidden: may not be set for ExternalName services`},
		{`{type: ExternalName, externalName: a.b, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}`, "spec.ipFamilies: Forbidden: may not be set for ExternalName services\nspec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services"},
		{`{type: NodePort, ports: [{port: 80, nodePort: 20}]}`, `spec.ports[0].nodePort: Invalid value: 20: provided port is not in the valid range. The range of valid ports is 30000-32767`},
		{`{type: NodePort, ports: [{port: 80, nodePort: 30001}]}`, `spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated`},
		{`{type: NodePort, ports: [{port: 80, nodePort: 30080},{port: 80, nodePort: 30080, name: b}]}`, "spec.ports[0].name: Required value\nspec.ports[1].nodePort: Duplicate value: 30080\n" +
			`spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}`},
		{`{ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}`, `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services`},
		{`{ipFamilies: [IPv6], ports: [{port: 80}]}`, `spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster`},
		{`{clusterIPs: ["10.0.0.7"], ports: [{port: 80}]}`, "spec.clusterIPs: Invalid value: [\"10.0.0.7\"]: must be empty when `clusterIP` is not specified"},
		{`{clusterIP: 10.0.0.8, clusterIPs: ["10.0.0.7"], ports: [{port: 80}]}`, "spec.clusterIPs: Invalid value: [\"10.0.0.7\"]: first value must match `clusterIP`"},
		{`{type: LoadBalancer, clusterIP: None, ports: [{port: 80}]}`, `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`},
		{`{ports: [{port: 80, nodePort: 30100}]}`, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
		{`{externalTrafficPolicy: Local, ports: [{port: 80}]}`, `spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services`},
		{`{loadBalancerClass: a/b, ports: [{port: 80}]}`, "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"},
		{`{allocateLoadBalancerNodePorts: true, ports: [{port: 80}]}`, "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"},
		{`{healthCheckNodePort: 30200, ports: [{port: 80}]}`, "spec.healthCheckNodePort: Invalid value: 30200: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"},
		{`{loadBalancerSourceRanges: ["10.0.0.0/8"], ports: [{port: 80}]}`, "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"},
		{`{sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]}`, `spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400`},
		{`{externalIPs: ["127.0.0.1"], ports: [{port: 80}]}`, `spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`},
		{`{type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 20, ports: [{port: 80}]}`, `Internal error occurred: failed to allocate requested HealthCheck NodePort 20: provided port is not in the valid range. The range of valid ports is 30000-32767`},
	} {
		store, d := kindtest.World(t)
		s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
		if err := write(s, kindtest.Attempt(), serviceOf(t, `{type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 1, nodePort: 30001}]}`), nil, true); err != nil {
			t.Fatal(err)
		}
		before := kindtest.Everything(t, store)
		err := write(s, kindtest.Attempt(), serviceOf(t, c.spec), nil, true)
		got := causes(err)
		if status := new(apierrors.StatusError); errors.As(err, &status) && status.ErrStatus.Code == 500 {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n%s", c.spec, got)
		}
		if kindtest.Everything(t, store) != before {
			t.Errorf("%s: a refused create left something", c.spec)
		}
	}
}

func TestServiceCreate(t *testing.T) {
	for _, c := range []struct {
		spec, ips, families, policy string
		ports                       []int32
		health                      int32
	}{
		{spec: `{ports: [{port: 80}]}`, ips: "10.0.0.17", families: "IPv4", policy: "SingleStack", ports: []int32{0}},
		{spec: `{clusterIP: 10.0.0.5, ports: [{port: 80}]}`, ips: "10.0.0.5", families: "IPv4", policy: "SingleStack", ports: []int32{0}},
		{spec: `{ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]}`, ips: "10.0.0.17", families: "IPv4", policy: "PreferDualStack", ports: []int32{0}},
		{spec: `{clusterIP: None, ports: [{port: 80}]}`, ips: "None", families: "IPv4,IPv6", policy: "RequireDualStack", ports: []int32{0}},
		{spec: `{clusterIP: None, selector: {a: b}}`, ips: "None", families: "IPv4", policy: "SingleStack"},
		{spec: `{type: ExternalName, externalName: a.b}`},
		{spec: `{type: NodePort, ports: [{port: 80, name: a}, {port: 81, name: b, nodePort: 30500}]}`, ips: "10.0.0.17", families: "IPv4", policy: "SingleStack", ports: []int32{30086, 30500}},
		{spec: `{type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}`, ips: "10.0.0.17", families: "IPv4", policy: "SingleStack", ports: []int32{30086}, health: 30087},
		{spec: `{type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]}`, ips: "10.0.0.17", families: "IPv4", policy: "SingleStack", ports: []int32{0}},
	} {
		_, d := kindtest.World(t)
		s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
		svc := serviceOf(t, c.spec)
		if err := write(s, kindtest.Attempt(), svc, nil, true); err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		if got := strings.Join(svc.Spec.ClusterIPs, ","); got != c.ips || len(svc.Spec.ClusterIPs) > 0 && svc.Spec.ClusterIP != svc.Spec.ClusterIPs[0] {
			t.Errorf("%s: addresses %s", c.spec, got)
		}
		if got := strings.Join(svc.Spec.IPFamilies, ","); got != c.families || policy(svc) != c.policy {
			t.Errorf("%s: %s %s", c.spec, got, policy(svc))
		}
		for i, p := range svc.Spec.Ports {
			if p.NodePort != c.ports[i] {
				t.Errorf("%s: port %d", c.spec, p.NodePort)
			}
		}
		if svc.Spec.HealthCheckNodePort != c.health {
			t.Errorf("%s: health port %d", c.spec, svc.Spec.HealthCheckNodePort)
		}
		remove(s, svc)
		if n, err := allocate.NewPorts(&d).Taken(t.Context()); n > 0 || err != nil {
			t.Errorf("%s: %d ports stay taken after a delete, %v", c.spec, n, err)
		}
		if list, _ := d.Objects.List(t.Context(), ipAddresses, ""); len(list) > 0 {
			t.Errorf("%s: addresses stay after a delete", c.spec)
		}
	}
}

func TestServiceDualStack(t *testing.T) {
	_, d := kindtest.World(t)
	d.ServiceCIDRs = []string{"10.0.0.0/24", "fd00::/108"}
	s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
	svc := serviceOf(t, `{ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]}`)
	if err := write(s, kindtest.Attempt(), svc, nil, true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(svc.Spec.ClusterIPs, ","); got != "10.0.0.17,fd00::101" {
		t.Errorf("addresses %s", got)
	}
	down := object.Copy(svc)
	down.Spec.IPFamilyPolicy = new(singleStack)
	if err := write(s, kindtest.Attempt(), down, svc, true); err != nil {
		t.Fatal(err)
	}
	if len(down.Spec.ClusterIPs) != 1 || len(down.Spec.IPFamilies) != 1 {
		t.Errorf("%+v", down.Spec)
	}
	if list, _ := d.Objects.List(t.Context(), ipAddresses, ""); len(list) != 1 {
		t.Errorf("%d addresses are taken", len(list))
	}
	up := object.Copy(down)
	up.Spec.IPFamilyPolicy = new(requireDual)
	if err := write(s, kindtest.Attempt(), up, down, true); err != nil {
		t.Fatal(err)
	}
	if len(up.Spec.ClusterIPs) != 2 {
		t.Errorf("%+v", up.Spec)
	}
}

func TestServiceUpdate(t *testing.T) {
	_, d := kindtest.World(t)
	s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
	old := serviceOf(t, `{type: NodePort, ports: [{port: 80, name: a}]}`)
	if err := write(s, kindtest.Attempt(), old, nil, true); err != nil {
		t.Fatal(err)
	}
	// A PUT of a manifest keeps what was allocated.
	again := serviceOf(t, `{type: NodePort, ports: [{port: 90, name: a}]}`)
	if err := write(s, kindtest.Attempt(), again, old, true); err != nil {
		t.Fatal(err)
	}
	if again.Spec.ClusterIP != old.Spec.ClusterIP || again.Spec.Ports[0].NodePort != old.Spec.Ports[0].NodePort {
		t.Errorf("%+v", again.Spec)
	}
	moved := serviceOf(t, `{type: NodePort, clusterIP: 10.0.0.99, ports: [{port: 90, name: a}]}`)
	if err := write(s, kindtest.Attempt(), moved, again, true); causes(err) != `spec.clusterIPs[0]: Invalid value: ["10.0.0.99"]: may not change once set` {
		t.Errorf("%s", causes(err))
	}
	// To a type without node ports, the old port comes back with what a client sends.
	plain := object.Copy(again)
	plain.Spec.Type = clusterIP
	if err := write(s, kindtest.Attempt(), plain, again, true); err != nil {
		t.Fatal(err)
	}
	if plain.Spec.Ports[0].NodePort != 0 || plain.Spec.ExternalTrafficPolicy != "" {
		t.Errorf("%+v", plain.Spec)
	}
	taken := serviceOf(t, `{type: NodePort, ports: [{port: 1, nodePort: 30086}]}`)
	if err := write(s, kindtest.Attempt(), taken, nil, true); err != nil {
		t.Errorf("the port was not released: %v", err)
	}
	named := object.Copy(plain)
	named.Spec.Type, named.Spec.ExternalName = externalName, "a.b"
	if err := write(s, kindtest.Attempt(), named, plain, true); err != nil {
		t.Fatal(err)
	}
	if named.Spec.ClusterIP != "" || named.Spec.IPFamilies != nil || named.Spec.InternalTrafficPolicy != nil {
		t.Errorf("%+v", named.Spec)
	}
	if _, err := d.Objects.Get(t.Context(), ipAddresses, "", plain.Spec.ClusterIP); !apierrors.IsNotFound(err) {
		t.Errorf("the address was not released: %v", err)
	}
}

func TestServiceTraces(t *testing.T) {
	store, d := kindtest.World(t)
	s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
	svc := serviceOf(t, `{type: NodePort, ports: [{port: 80}]}`)
	if err := write(s, &resource.Attempt{DryRun: true}, svc, nil, true); err != nil {
		t.Fatal(err)
	}
	if n := kindtest.Everything(t, store); n != 0 || svc.Spec.ClusterIP == "" || svc.Spec.Ports[0].NodePort == 0 {
		t.Errorf("dry run: %d keys, %+v", n, svc.Spec)
	}
	outside := write(s, &resource.Attempt{DryRun: true}, serviceOf(t, `{clusterIP: 10.1.0.1, ports: [{port: 80}]}`), nil, true)
	if causes(outside) != `spec.clusterIPs: Invalid value: ["10.1.0.1"]: failed to allocate IP 10.1.0.1: the provided IP (10.1.0.1) is not in the valid range. The range of valid IPs is 10.0.0.0/24` {
		t.Errorf("%s", causes(outside))
	}
	if err := write(s, kindtest.Attempt(), serviceOf(t, `{type: NodePort, ports: [{port: 80}]}`), nil, false); err != nil {
		t.Fatal(err)
	}
	if n, err := allocate.NewPorts(&d).Taken(t.Context()); n > 0 || err != nil {
		t.Errorf("a failed create keeps %d ports, %v", n, err)
	}
	if list, _ := d.Objects.List(t.Context(), ipAddresses, ""); len(list) > 0 {
		t.Error("a failed create keeps an address")
	}
}

func TestServiceRange(t *testing.T) {
	_, d := kindtest.World(t)
	d.ServiceCIDRs, d.NodePorts = []string{"10.0.0.0/28"}, "30000-30002"
	s := kindtest.HooksWith(t, Kinds, d, "v1", "services", "")
	seen := sync.Map{}
	var group sync.WaitGroup
	for range 14 {
		group.Go(func() {
			svc := serviceOf(t, `{ports: [{port: 80}]}`)
			if err := write(s, kindtest.Attempt(), svc, nil, true); err != nil {
				t.Error(err)
				return
			}
			if _, twice := seen.LoadOrStore(svc.Spec.ClusterIP, true); twice {
				t.Errorf("%s was given twice", svc.Spec.ClusterIP)
			}
		})
	}
	group.Wait()
	err := write(s, kindtest.Attempt(), serviceOf(t, `{ports: [{port: 80}]}`), nil, true)
	if err == nil || err.Error() != `Internal error occurred: failed to allocate a serviceIP for Service "s": range is full` {
		t.Errorf("%v", err)
	}
	four := serviceOf(t, `{type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 1, name: a}, {port: 2, name: b}, {port: 3, name: c}, {port: 4, name: d}]}`)
	four.Spec.ClusterIP = ""
	remove(s, serviceOf(t, `{clusterIP: 10.0.0.1, ports: [{port: 80}]}`))
	err = write(s, kindtest.Attempt(), four, nil, true)
	if err == nil || err.Error() != "Internal error occurred: failed to allocate a nodePort: range is full" {
		t.Errorf("%v", err)
	}
}
