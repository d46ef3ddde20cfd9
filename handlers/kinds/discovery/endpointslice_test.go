package discovery

import (
	"testing"

	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "endpointslices", Object: `{addressType: IPv4, endpoints: [{}, {addresses: [x], nodeName: A, hints: {forZones: [{name: z}, {name: z}]}}], ports: [{name: a}, {name: a}]}`, Want: []string{
			"endpoints[0].addresses: Required value: must contain at least 1 address",
			`endpoints[1].addresses[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
			`endpoints[1].nodeName: Invalid value: "A": ` + kindtest.Subdomain,
			`endpoints[1].hints.forZones[1].name: Duplicate value: "z"`, `ports[1].name: Duplicate value: "a"`}},
		{Version: "v1", Resource: "endpointslices", Object: `{addressType: IPv4, endpoints: [{addresses: [1.2.3.4], hints: {forZones: [{name: a}, {name: b}, {name: a}, {name: a}]}}]}`, Want: []string{
			`endpoints[0].hints.forZones[2].name: Duplicate value: "a"`, `endpoints[0].hints.forZones[3].name: Duplicate value: "a"`}},
	})
}

func TestWarnings(t *testing.T) {
	s := kindtest.Hooks(t, Kinds, "v1", "endpointslices", "")
	controller := kindtest.Parse[discoveryv1.EndpointSlice](t, "{metadata: {labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}, endpoints: [{addresses: ['A::1']}]}")
	kindtest.Warned(t, s, controller, nil)
	others := kindtest.Parse[discoveryv1.EndpointSlice](t, "{endpoints: [{addresses: ['A::1']}]}")
	kindtest.Warned(t, s, others, nil, `endpoints[0].addresses[0]: IPv6 address "A::1" should be in RFC 5952 canonical format ("a::1")`)
}

func TestPreparation(t *testing.T) {
	host := map[string]string{"kubernetes.io/hostname": "node"}
	slice := func() *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"1.2.3.4"}, DeprecatedTopology: host}}}
	}
	s := kindtest.Hooks(t, Kinds, "v1", "endpointslices", "")
	fresh, kept, labeled := slice(), slice(), slice()
	kept.Endpoints[0].Addresses = []string{"1.2.3.5"}
	if err := s.PrepareForCreate(t.Context(), kindtest.Attempt(), fresh); err != nil || fresh.Endpoints[0].DeprecatedTopology != nil || fresh.Endpoints[0].NodeName != nil {
		t.Errorf("%+v %v", fresh.Endpoints, err)
	}
	if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), kept, slice()); err != nil || kept.Endpoints[0].NodeName == nil || *kept.Endpoints[0].NodeName != "node" {
		t.Errorf("%+v %v", kept.Endpoints, err)
	}
	labeled.Labels = map[string]string{"a": "b"}
	if !s.Changed(labeled, slice()) || s.Changed(slice(), slice()) {
		t.Error("a slice's generation follows its content and labels")
	}
}
