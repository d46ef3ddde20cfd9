package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func policy(t testing.TB, rules string) *Policy {
	t.Helper()
	p, err := ParsePolicy([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\n" + rules))
	if err != nil {
		t.Fatalf("%s: %v", rules, err)
	}
	return p
}

func TestRules(t *testing.T) {
	ann := &resource.UserInfo{Name: "ann", Groups: []string{"dev", "ops"}}
	pods := authz.Attributes{User: ann, Verb: "list", IsResource: true, Version: "v1", Resource: "pods", Namespace: "team"}
	log := authz.Attributes{User: ann, Verb: "get", IsResource: true, Version: "v1", Resource: "pods", Subresource: "log", Name: "web", Namespace: "team"}
	scale := authz.Attributes{User: ann, Verb: "update", IsResource: true, Group: "apps", Version: "v1", Resource: "deployments", Subresource: "scale", Namespace: "team"}
	nodes := authz.Attributes{User: ann, Verb: "list", IsResource: true, Version: "v1", Resource: "nodes"}
	health := authz.Attributes{User: ann, Verb: "get", Path: "/healthz/etcd"}
	nobody := authz.Attributes{Verb: "get", IsResource: true, Version: "v1", Resource: "pods", Namespace: "team"}
	for _, c := range []struct {
		rule string
		// told are the requests that match: p(ods), l(og), s(cale), n(odes), h(ealth), 0 nobody's.
		told string
	}{
		{"", "plsnh0"},
		{"users: [ann]", "plsnh"}, {"users: [ben]", ""},
		{"userGroups: [ops, x]", "plsnh"}, {"userGroups: [x]", ""},
		{"verbs: [list]", "pn"},
		{"namespaces: [team]", "pls0"}, {"namespaces: ['']", "n"}, {"namespaces: [other]", ""},
		{"resources: [{group: ''}]", "pln0"}, {"resources: [{group: apps}]", "s"}, {"resources: [{group: '*'}]", "plsn0"},
		{"resources: [{group: '', resources: [pods]}]", "p0"}, {"resources: [{group: '', resources: ['pods/log']}]", "l"},
		{"resources: [{group: '', resources: ['pods/*']}]", "pl0"}, {"resources: [{group: '*', resources: ['*/scale']}]", "s"},
		{"resources: [{group: '', resources: ['*']}]", "pln0"}, {"resources: [{group: '', resources: ['*/log']}]", "l"},
		{"resources: [{group: '', resources: ['pods/log'], resourceNames: [web]}]", "l"},
		{"resources: [{group: '', resources: ['pods/log'], resourceNames: [db]}]", ""},
		{"resources: [{group: '', resources: [nodes]}, {group: apps, resources: ['deployments/scale']}]", "sn"},
		{"resources: [{group: '', resources: [nodes]}]\n  namespaces: [team]", ""},
		{"nonResourceURLs: ['*']", "h"}, {"nonResourceURLs: [/healthz]", ""}, {"nonResourceURLs: ['/healthz*']", "h"}, {"nonResourceURLs: [/healthz/etcd]", "h"},
		{"users: [ann]\n  verbs: [get]\n  namespaces: [team]", "l"},
	} {
		p := policy(t, "rules:\n- level: Metadata\n  "+c.rule+"\n")
		told := ""
		for _, r := range []struct {
			name string
			a    authz.Attributes
		}{{"p", pods}, {"l", log}, {"s", scale}, {"n", nodes}, {"h", health}, {"0", nobody}} {
			if p.choose(&r.a).level != None {
				told += r.name
			}
		}
		if told != c.told {
			t.Errorf("%s: told %q, want %q", c.rule, told, c.told)
		}
	}
}

func TestFirstRuleCounts(t *testing.T) {
	p := policy(t, `
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: None, verbs: [watch]}
- {level: Request, verbs: [get], omitStages: [Panic], omitManagedFields: false}
- {level: RequestResponse, verbs: [get, list]}
`)
	for verb, want := range map[string]string{
		"watch": "{None [RequestReceived] true}", "get": "{Request [RequestReceived Panic] false}",
		"list": "{RequestResponse [RequestReceived] true}", "create": "{None [] false}",
	} {
		if got := shown(p.choose(&authz.Attributes{Verb: verb})); got != want {
			t.Errorf("%s: %s, want %s", verb, got, want)
		}
	}
}

func shown(c choice) string {
	return fmt.Sprintf("{%v %v %v}", c.level, c.omitStages, c.omitManagedFields)
}

func TestFaultyPolicies(t *testing.T) {
	const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
	for text, want := range map[string]string{
		"":                             `no kind "" is known in ""`,
		"apiVersion: v1\nkind: Pod":    `no kind "Pod" is known in "v1"`,
		head:                           "loaded illegal policy with 0 rules",
		head + "rules: [{}]":           "rules[0].level: Required value",
		head + "rules: [{level: All}]": `rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"`,
		head + "rules: [{level: None, user: [a]}]":                                   `unknown field "user"`,
		head + "rules: [{level: None, level: None}]":                                 "already set",
		head + "omitStages: [X]\nrules: [{level: None}]":                             `omitStages[0]: Invalid value: "X": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic`,
		head + "rules: [{level: None, omitStages: [X]}]":                             "rules[0].omitStages[0]: Invalid value",
		head + "rules: [{level: None, nonResourceURLs: [x]}]":                        "must begin with a '/' character",
		head + "rules: [{level: None, nonResourceURLs: ['']}]":                       "must begin with a '/' character",
		head + "rules: [{level: None, nonResourceURLs: ['/a*/b']}]":                  "must be the final character of the rule",
		head + "rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]":      "rules cannot apply to both regular resources and non-resource URLs",
		head + "rules: [{level: None, resources: [{group: a/v1}]}]":                  "rules[0].resources.group: Invalid value",
		head + "rules: [{level: None, resources: [{group: a, resourceNames: [b]}]}]": "using resourceNames requires at least one resource",
		"[": "yaml",
	} {
		if _, err := ParsePolicy([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got  %v\n want %s", text, err, want)
		}
	}
	if _, err := ReadPolicy(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(head+"rules: [{level: None}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPolicy(file); err != nil {
		t.Error(err)
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request, resources: [{group: '', resources: ['pods/*', '*/x', '*']}], namespaces: ['']}]"), "list", "pods", "/x")
	f.Fuzz(func(t *testing.T, text []byte, verb, plural, path string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		for _, a := range []authz.Attributes{{Verb: verb, Path: path}, {Verb: verb, IsResource: true, Resource: plural}} {
			if c := p.choose(&a); c.level < None || c.level > RequestResponse {
				t.Errorf("level %d", c.level)
			}
		}
	})
}
