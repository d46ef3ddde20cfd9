package abac

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// line is a policy with a version.
func line(spec string) string {
	return `{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{` + spec + `}}`
}

func TestAuthorize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.jsonl")
	text := strings.Join([]string{
		"# comments and empty lines",
		"",
		line(`"user":"root","namespace":"*","resource":"*","apiGroup":"*"`),
		line(`"user":"root","nonResourcePath":"*"`),
		line(`"group":"devs","namespace":"dev","resource":"pods","apiGroup":""`) + "\r",
		line(`"user":"ann","group":"devs","namespace":"both","resource":"*","apiGroup":"*"`),
		line(`"user":"reader","namespace":"*","resource":"*","apiGroup":"*","readonly":true`),
		line(`"user":"*","nonResourcePath":"/open/*","readonly":true`),
		line(`"namespace":"*","resource":"*","apiGroup":"*","nonResourcePath":"*"`),
		`{"user":"old","resource":"pods"}`,
		`{"user":"older"}`,
		`{"readonly":true,"namespace":"free","resource":"events"}`,
		`{"user":"someone","group":"*","namespace":"star"}`,
	}, "\n")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	res := func(verb, group, res, namespace string) authz.Attributes {
		return authz.Attributes{IsResource: true, Verb: verb, Group: group, Resource: res, Namespace: namespace}
	}
	get := func(verb, path string) authz.Attributes { return authz.Attributes{Verb: verb, Path: path} }
	for _, c := range []struct {
		user string
		ask  authz.Attributes
		want bool
	}{
		{"root", res("delete", "apps", "deployments", "x"), true},
		{"root", get("post", "/x"), true},
		{"Root", get("post", "/x"), false},
		{"bob devs", res("delete", "", "pods", "dev"), true},
		{"bob devs", res("delete", "", "pods", "prod"), false},
		{"bob devs", res("delete", "apps", "pods", "dev"), false},
		{"bob devs", res("delete", "", "secrets", "dev"), false},
		{"ann devs", res("delete", "", "secrets", "both"), true},
		{"ann", res("delete", "", "secrets", "both"), false},
		{"bob devs", res("delete", "", "secrets", "both"), false},
		{"reader", res("watch", "", "secrets", "x"), true},
		{"reader", res("deletecollection", "", "secrets", "x"), false},
		{"reader", get("get", "/x"), false},
		{"x system:authenticated", get("get", "/open/a"), true},
		{"x system:authenticated", get("get", "/open"), false},
		{"x system:authenticated", get("post", "/open/a"), false},
		{"x system:unauthenticated", get("get", "/open/a"), false},
		{"old", res("delete", "any", "pods", "any"), true},
		{"old", res("delete", "", "nodes", ""), false},
		{"old", get("get", "/x"), false},
		{"older", get("delete", "/x"), true},
		{"older", res("delete", "", "nodes", ""), true},
		{"x system:authenticated", res("list", "", "events", "free"), true},
		{"x system:authenticated", res("create", "", "events", "free"), false},
		{"x", res("list", "", "events", "free"), false},
		{"y system:authenticated", res("create", "", "pods", "star"), true},
		{"", res("get", "", "pods", "x"), false},
	} {
		c.ask.User = &resource.UserInfo{}
		if names := strings.Fields(c.user); len(names) > 0 {
			c.ask.User = &resource.UserInfo{Name: names[0], Groups: names[1:]}
		}
		d, reason, err := p.Authorize(t.Context(), c.ask)
		if err != nil || (d == authz.Allow) != c.want || (d != authz.Allow && (d != authz.NoOpinion || reason != "No policy matched.")) {
			t.Errorf("%s %+v: %v %q %v", c.user, c.ask, d, reason, err)
		}
	}
	set, err := p.Rules(t.Context(), &resource.UserInfo{Name: "reader", Groups: []string{"devs", authenticated}}, "dev")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(set), "{[{[*] [] [pods] []} {[get list watch] [*] [*] []}] [] false}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"{":                   "line 1: {: ",
		"\n\n[]":              "line 3: []: ",
		`{"apiVersion":"v1"}`: "not a policy",
		`{"kind":"Policy"}`:   "not a policy",
		line(`"user":1`):      "line 1",
		`{"apiVersion":"abac.authorization.kubernetes.io/v0","kind":"Policy"}`: "not a policy",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// FuzzParse holds every file that is read to the one promise there is without a credential: nothing but what names the
// user or the group of those.
func FuzzParse(f *testing.F) {
	f.Add([]byte(line(`"user":"*","namespace":"*","resource":"*","apiGroup":"*"`)))
	f.Add([]byte("# x\n{}\n" + `{"user":"a","group":"*"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		nobody := &resource.UserInfo{Name: "system:anonymous", Groups: []string{"system:unauthenticated"}}
		for _, a := range []authz.Attributes{
			{User: nobody, IsResource: true, Verb: "get", Resource: "pods", Namespace: "a"},
			{User: nobody, Verb: "get", Path: "/x"},
		} {
			d, _, err := p.Authorize(t.Context(), a)
			if err != nil || d == authz.Allow && !strings.Contains(string(text), "system:") && !strings.Contains(string(text), `\u`) {
				t.Errorf("%q allows what it does not name: %v", text, err)
			}
		}
	})
}
