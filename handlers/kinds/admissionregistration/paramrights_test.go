package admissionregistration

import (
	"context"
	"strings"
	"testing"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// reader has one right, as verb resource.group namespace/name.
type reader string

func (r reader) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	if a.Verb+" "+a.Resource+"."+a.Group+" "+a.Namespace+"/"+a.Name == string(r) {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "", nil
}

const aPolicy = `{metadata: {name: p}, spec: {failurePolicy: Fail, paramKind: {apiVersion: v1, kind: ConfigMap},
	matchConstraints: {matchPolicy: Exact, namespaceSelector: {}, objectSelector: {}, resourceRules: [{operations: [CREATE], apiGroups: [a], apiVersions: [v1], resources: [b]}]},
	validations: [{expression: "params.x == 1"}]}}`

// Who makes a policy read parameters may read all of them.
func TestPoliciesNeedTheirParameters(t *testing.T) {
	ann := &resource.UserInfo{Name: "ann", Groups: []string{"g"}}
	for _, c := range []struct {
		right reader
		user  *resource.UserInfo
		want  string
	}{
		{"get configmaps. */*", ann, ""},
		{"get secrets. */*", ann, `spec.paramKind: Forbidden: user &{ann  [g] map[]} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`},
		{"", &resource.UserInfo{Name: "root", Groups: []string{"system:masters"}}, ""},
		{"", nil, ""},
	} {
		_, d := kindtest.World(t)
		d.Authorizer = c.right
		s := kindtest.HooksWith(t, Kinds, d, "v1", "validatingadmissionpolicies", "")
		o := kindtest.Parse[admissionregistrationv1.ValidatingAdmissionPolicy](t, aPolicy)
		refused(t, s.PrepareForCreate(t.Context(), &resource.Attempt{User: c.user}, o), c.want)
		refused(t, s.PrepareForUpdate(t.Context(), &resource.Attempt{User: c.user}, o, object.Copy(o)), "")
		other := object.Copy(o)
		other.Spec.ParamKind = nil
		refused(t, s.PrepareForUpdate(t.Context(), &resource.Attempt{User: c.user}, o, other), c.want)
	}
}

// Who binds parameters may read those.
func TestBindingsNeedTheirParameters(t *testing.T) {
	ann := &resource.UserInfo{Name: "ann", Groups: []string{"g"}}
	for _, c := range []struct {
		right            reader
		binding, mention string
	}{
		{"get configmaps. ns/x", `{policyName: p, paramRef: {name: x, namespace: ns, parameterNotFoundAction: Deny}, validationActions: [Deny]}`, ""},
		{"list configmaps. /", `{policyName: p, paramRef: {selector: {}, parameterNotFoundAction: Deny}, validationActions: [Deny]}`, ""},
		{"get configmaps. ns/y", `{policyName: p, paramRef: {name: x, namespace: ns, parameterNotFoundAction: Deny}, validationActions: [Deny]}`, `does not have "get" permission on the object referenced by paramRef`},
		{"get configmaps. ns/x", `{policyName: none, paramRef: {name: x, namespace: ns, parameterNotFoundAction: Deny}, validationActions: [Deny]}`, `unable to get policy none to determine minimum required permissions`},
		{"", `{policyName: p, validationActions: [Deny]}`, ""},
	} {
		_, d := kindtest.World(t)
		d.Authorizer = c.right
		kindtest.Put(t, d, policiesOf("validatingadmissionpolicies"), kindtest.Parse[admissionregistrationv1.ValidatingAdmissionPolicy](t, aPolicy))
		s := kindtest.HooksWith(t, Kinds, d, "v1", "validatingadmissionpolicybindings", "")
		o := kindtest.Parse[admissionregistrationv1.ValidatingAdmissionPolicyBinding](t, `{metadata: {name: b}, spec: `+c.binding+`}`)
		refused(t, s.PrepareForCreate(t.Context(), &resource.Attempt{User: ann}, o), c.mention)
		refused(t, s.PrepareForUpdate(t.Context(), &resource.Attempt{User: ann}, o, object.Copy(o)), c.mention)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// Both kinds of policies ask; a policy that is wrong otherwise is not asked for.
func TestFaultsComeFirst(t *testing.T) {
	_, d := kindtest.World(t)
	d.Authorizer = reader("")
	s := kindtest.HooksWith(t, Kinds, d, "v1", "mutatingadmissionpolicies", "")
	o := kindtest.Parse[admissionregistrationv1.MutatingAdmissionPolicy](t, `{metadata: {name: m}, spec: {paramKind: {apiVersion: v1, kind: ConfigMap}}}`)
	refused(t, s.PrepareForCreate(t.Context(), &resource.Attempt{User: &resource.UserInfo{Name: "ann"}}, o), "")
	o = kindtest.Parse[admissionregistrationv1.MutatingAdmissionPolicy](t, `{metadata: {name: m}, spec: {failurePolicy: Fail, reinvocationPolicy: Never, paramKind: {apiVersion: v1, kind: ConfigMap},
		matchConstraints: {matchPolicy: Exact, namespaceSelector: {}, objectSelector: {}, resourceRules: [{operations: [CREATE], apiGroups: [a], apiVersions: [v1], resources: [b]}]},
		mutations: [{patchType: JSONPatch, jsonPatch: {expression: '[JSONPatch{op: "remove", path: "/a"}]'}}]}}`)
	refused(t, s.PrepareForCreate(t.Context(), &resource.Attempt{User: &resource.UserInfo{Name: "ann"}}, o), `must have "get" permission`)
}
