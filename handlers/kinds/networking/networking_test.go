package networking

import (
	"testing"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "ingresses", Object: `{spec: {rules: [{host: 1.2.3.4, http: {paths: [{path: a, pathType: Prefix, backend: {service: {name: a}}},{path: "//", pathType: Exact, backend: {}}]}}]}}`, Want: []string{
			`spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`,
			`spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path`,
			`spec.rules[0].http.paths[0].backend: Required value: port name or number is required`,
			`spec.rules[0].http.paths[1].path: Invalid value: "//": must not contain '//'`,
			`spec.rules[0].http.paths[1].backend: Invalid value: "": resource or service backend is required`}},
		{Version: "v1", Resource: "ingresses", Object: `{spec: {}}`, Want: []string{"spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"}},
		{Version: "v1", Resource: "networkpolicies", Object: `{spec: {podSelector: {}, ingress: [{from: [{}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}], ports: [{endPort: 5},{port: a, endPort: 5},{port: 9, endPort: 5}]}]}}`, Want: []string{
			"spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified",
			"spec.ingress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is non-numeric",
			"spec.ingress[0].ports[2].endPort: Invalid value: 9: must be greater than or equal to `port`",
			"spec.ingress[0].from[0]: Required value: must specify a peer",
			"spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer"}},
		{Version: "v1", Resource: "servicecidrs", Object: `{spec: {cidrs: [10.0.0.0/24, "fd00::/112"]}}`, Old: `{spec: {cidrs: [10.0.0.0/24]}}`},
		{Version: "v1", Resource: "servicecidrs", Object: `{spec: {cidrs: [10.0.1.0/24]}}`, Old: `{spec: {cidrs: [10.0.0.0/24]}}`, Want: []string{`spec.cidrs[0]: Invalid value: "10.0.1.0/24": field is immutable`}},
		{Version: "v1", Resource: "ipaddresses", Object: `{spec: {parentRef: {name: b}}}`, Old: `{spec: {parentRef: {name: a}}}`, Want: []string{
			`spec.parentRef: Invalid value: {"Group":"","Resource":"","Namespace":"","Name":"b"}: field is immutable`}},
		{Version: "v1", Resource: "ingresses", Object: `{spec: {ingressClassName: A, defaultBackend: {service: {port: {number: 70000}}}, tls: [{secretName: B}]}}`, Want: []string{
			"spec.defaultBackend.service.name: Required value",
			"spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
			`spec.tls[0].secretName: Invalid value: "B": ` + kindtest.Subdomain,
			`spec.ingressClassName: Invalid value: "A": ` + kindtest.Subdomain}},
		{Version: "v1", Resource: "ingressclasses", Object: `{spec: {parameters: {kind: a/b, name: n, scope: Namespace}}}`, Want: []string{
			"spec.controller: Required value", `spec.parameters.kind: Invalid value: "a/b": may not contain '/'`,
			"spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"}},
		{Version: "v1", Resource: "networkpolicies", Object: `{spec: {podSelector: {}, ingress: [{ports: [{port: 0}], from: [{ipBlock: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [x]}}]}]}}`, Want: []string{
			"spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
			"spec.ingress[0].from[0].ipBlock.cidr: Required value",
			`spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`}},
	})
}

func TestAddressNames(t *testing.T) {
	rule := kindtest.Hooks(t, Kinds, "v1", "ipaddresses", "").ValidateName
	for name, want := range map[string]bool{"10.0.0.1": true, "10.0.0.01": false, "2001:DB8::1": false, "2001:db8::1": true} {
		if msgs := rule(name, false); (len(msgs) == 0) != want {
			t.Errorf("%q: %v, want ok=%v", name, msgs, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	s := kindtest.Hooks(t, Kinds, "v1", "ingresses", "")
	class := kindtest.Parse[networkingv1.Ingress](t, "{metadata: {annotations: {kubernetes.io/ingress.class: a}}}")
	kindtest.Warned(t, s, class, nil, `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`)
	kindtest.Warned(t, s, class, &networkingv1.Ingress{})
	kindtest.Warned(t, s, kindtest.Parse[networkingv1.Ingress](t, "{metadata: {annotations: {kubernetes.io/ingress.class: a}}, spec: {ingressClassName: a}}"), nil)

	status := kindtest.Parse[networkingv1.Ingress](t, "{status: {loadBalancer: {ingress: [{}, {ip: '::A'}]}}}")
	kindtest.Warned(t, kindtest.Hooks(t, Kinds, "v1", "ingresses", "status"), status, &networkingv1.Ingress{},
		`status.loadBalancer.ingress[1]: IPv6 address "::A" should be in RFC 5952 canonical format ("::a")`)

	policy := kindtest.Parse[networkingv1.NetworkPolicy](t, "{spec: {egress: [{to: [{}, {ipBlock: {cidr: 10.0.0.1/8, except: ['::A/64']}}]}]}}")
	kindtest.Warned(t, kindtest.Hooks(t, Kinds, "v1", "networkpolicies", ""), policy, nil,
		`spec.egress[0].to[1].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)`,
		`spec.egress[0].to[1].ipBlock.except[0]: CIDR value "::A/64" is ambiguous in this context (should be "::/64" or "::a/128"?)`)
}
