package expression

import (
	"context"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
)

func TestCompile(t *testing.T) {
	all := Declared{Params: true, Authorizer: true}
	for _, c := range []struct {
		text     string
		declared Declared
		result   *cel.Type
		want     string
	}{
		{`request.userInfo.username == "a" && object.metadata.name == "b"`, Declared{}, cel.BoolType, ""},
		{`params.x == 1`, all, cel.BoolType, ""},
		{`params.x == 1`, Declared{}, cel.BoolType, "undeclared reference to 'params'"},
		{`authorizer.requestResource.check("get").allowed()`, all, cel.BoolType, ""},
		{`authorizer.requestResource.check("get").allowed()`, Declared{}, cel.BoolType, "undeclared reference to 'authorizer'"},
		{`namespaceObject.metadata.labels["a"]`, Declared{}, cel.StringType, ""},
		{`namespaceObject.spec.podCIDR`, Declared{}, cel.StringType, "undefined field 'podCIDR'"},
		{`request.uid`, Declared{}, cel.StringType, "undefined field 'uid'"},
		{`1`, Declared{}, cel.BoolType, "must evaluate to bool but got int"},
		{`Object{spec: Object.spec{replicas: 3}}`, Declared{Patches: true}, cel.ObjectType("Object"), ""},
		{`Object{spec: Object.spec{replicas: 3}}`, Declared{}, cel.ObjectType("Object"), "undeclared reference to 'Object'"},
		{`[JSONPatch{op: "add", path: "/" + jsonpatch.escapeKey("a/b"), value: 1}]`, Declared{Patches: true}, cel.ListType(cel.ObjectType("JSONPatch")), ""},
		{`variables.x`, all, cel.BoolType, "undeclared reference to 'variables'"},
	} {
		_, fault := Plain.Compile(t.Context(), c.text, c.declared, New, c.result)
		if (fault == nil) != (c.want == "") || fault != nil && !strings.Contains(fault.Detail, c.want) {
			t.Errorf("%s with %+v: %v, want %q", c.text, c.declared, fault, c.want)
		}
	}
}

// Variables are known to those after them, with the types of their expressions.
func TestVariables(t *testing.T) {
	c, d := Composed(), Declared{}
	for _, v := range []struct{ name, text, want string }{
		{"early", "variables.n", "undefined field 'n'"},
		{"n", "1 + 2", ""}, {"l", "[variables.n]", ""}, {"m", `{"a": variables.l}`, ""}, {"o", "object.spec", ""},
	} {
		if fault := c.Variable(t.Context(), v.name, v.text, d, New); (fault == nil) != (v.want == "") || fault != nil && !strings.Contains(fault.Detail, v.want) {
			t.Errorf("%s: %v", v.name, fault)
		}
	}
	for text, result := range map[string]*cel.Type{
		"variables.n + 1": cel.IntType, "variables.l[0]": cel.IntType, `variables.m["a"][0]`: cel.IntType, "variables.o.x": cel.DynType, "variables.early": cel.DynType,
	} {
		if _, fault := c.Compile(t.Context(), text, d, New, result); fault != nil {
			t.Errorf("%s: %v", text, fault)
		}
	}
	if _, fault := Empty.Compile(t.Context(), "variables.n", d, New, cel.IntType); fault == nil || !strings.Contains(fault.Detail, "undefined field 'n'") {
		t.Errorf("%v", fault)
	}
}

// Whoever gave up, or took too long, has nothing compiled any more.
func TestCompilingEndsWithItsRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, fault := Plain.Compile(ctx, "true", Declared{}, New, cel.BoolType); fault == nil || !fault.Internal {
		t.Errorf("%v", fault)
	}
}
