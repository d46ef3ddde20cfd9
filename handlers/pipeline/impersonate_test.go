package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rights allows what is named, as "verb resource[/subresource] [namespace/]name", and remembers what it was asked.
type rights struct {
	allowed []string
	asked   []string
	err     error
}

func (r *rights) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	what := a.Resource
	if a.Subresource != "" {
		what += "/" + a.Subresource
	}
	if a.Group != "" {
		what = a.Group + ":" + what
	}
	name := a.Name
	if a.Namespace != "" {
		name = a.Namespace + "/" + name
	}
	asked := a.Verb + " " + what + " " + name
	if a.User.Extra[associatedKeys] != nil {
		asked += fmt.Sprint(" by ", a.User.Extra)
	}
	r.asked = append(r.asked, asked)
	if slices.Contains(r.allowed, asked) {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "", r.err
}

// impersonated runs the stage for a request of asker with headers, given as name, value pairs.
func impersonated(t *testing.T, stage Stage, asker resource.UserInfo, headers ...string) (*Request, error) {
	t.Helper()
	h := httptest.NewRequest("GET", "/api/v1/namespaces/team/pods", nil)
	for i := 0; i < len(headers); i += 2 {
		h.Header.Add(headers[i], headers[i+1])
	}
	r := NewRequest(httptest.NewRecorder(), h, ParseInfo("GET", h.URL.Path))
	r.User = &asker
	reached := false
	err := stage(func(*Request) error { reached = true; return nil })(r)
	if reached != (err == nil) {
		t.Errorf("reached %v with %v", reached, err)
	}
	return r, err
}

func TestImpersonate(t *testing.T) {
	robot := resource.UserInfo{Name: "system:serviceaccount:kube-system:agent", Extra: map[string][]string{nodeOfToken: {"n1"}, "k": {"v"}}}
	ann := resource.UserInfo{Name: "ann"}
	const on = "list pods team/"
	for _, c := range []struct {
		what    string
		asker   resource.UserInfo
		headers []string
		allowed []string
		want    string
		err     string
	}{
		{what: "nothing asked", asker: ann, want: "ann/[]"},
		{what: "legacy user", asker: ann, headers: []string{"Impersonate-User", "ben"}, allowed: []string{"impersonate users ben"}, want: "ben/[system:authenticated]"},
		{what: "constrained user", asker: ann, headers: []string{"Impersonate-User", "ben"},
			allowed: []string{"impersonate-on:user-info:list pods team/", "impersonate:user-info authentication.k8s.io:users ben"}, want: "ben/[system:authenticated]"},
		{what: "half of the constrained rights", asker: ann, headers: []string{"Impersonate-User", "ben"}, allowed: []string{"impersonate:user-info authentication.k8s.io:users ben"},
			err: `pods is forbidden: User "ann" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "team"`},
		{what: "the other half", asker: ann, headers: []string{"Impersonate-User", "ben"}, allowed: []string{"impersonate-on:user-info:list pods team/"},
			err: `users.authentication.k8s.io "ben" is forbidden: User "ann" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope`},
		{what: "everything, legacy", asker: ann,
			headers: []string{"Impersonate-User", "ben", "Impersonate-Uid", "7", "Impersonate-Group", "dev", "Impersonate-Group", "ops", "Impersonate-Extra-Acme.com%2fTeam", "a"},
			allowed: []string{"impersonate users ben", "impersonate authentication.k8s.io:uids 7", "impersonate groups dev", "impersonate groups ops", "impersonate authentication.k8s.io:userextras/acme.com/team a"},
			want:    "ben/7[dev ops system:authenticated] acme.com/team=[a]"},
		{what: "one group too many", asker: ann, headers: []string{"Impersonate-User", "ben", "Impersonate-Group", "dev", "Impersonate-Group", "system:masters"},
			allowed: []string{"impersonate users ben", "impersonate groups dev"}, err: `cannot impersonate-on:user-info:list`},
		{what: "masters in the constrained form", asker: ann, headers: []string{"Impersonate-User", "ben", "Impersonate-Group", "system:masters"},
			allowed: []string{"impersonate-on:user-info:list pods team/", "impersonate:user-info authentication.k8s.io:users ben", "impersonate:user-info authentication.k8s.io:groups system:masters"},
			err:     "impersonating the system:masters group is not allowed"},
		{what: "an empty group in the constrained form", asker: ann, headers: []string{"Impersonate-User", "ben", "Impersonate-Group", ""},
			allowed: []string{"impersonate-on:user-info:list pods team/", "impersonate:user-info authentication.k8s.io:users ben", "impersonate:user-info authentication.k8s.io:groups "},
			err:     "impersonating the empty string group is not allowed"},
		{what: "extra that is no key", asker: ann, headers: []string{"Impersonate-User", "ben", "Impersonate-Extra-Team", "a"},
			allowed: []string{"impersonate-on:user-info:list pods team/", "impersonate:user-info authentication.k8s.io:users ben"},
			err:     "impersonating an invalid key in extra is not allowed"},
		{what: "legacy service account", asker: ann, headers: []string{"Impersonate-User", "system:serviceaccount:a:b"}, allowed: []string{"impersonate serviceaccounts a/b"},
			want: "system:serviceaccount:a:b/[system:serviceaccounts system:serviceaccounts:a system:authenticated]"},
		{what: "service account with other groups", asker: ann, headers: []string{"Impersonate-User", "system:serviceaccount:a:b", "Impersonate-Group", "g"},
			allowed: []string{"impersonate serviceaccounts a/b", "impersonate groups g"}, want: "system:serviceaccount:a:b/[g system:authenticated]"},
		{what: "a name that only looks like a service account", asker: ann, headers: []string{"Impersonate-User", "system:serviceaccount:a:b:c"}, allowed: []string{"impersonate users system:serviceaccount:a:b:c"},
			want: "system:serviceaccount:a:b:c/[system:authenticated]"},
		{what: "constrained service account", asker: ann, headers: []string{"Impersonate-User", "system:serviceaccount:a:b"},
			allowed: []string{"impersonate-on:serviceaccount:" + on, "impersonate:serviceaccount authentication.k8s.io:serviceaccounts a/b"},
			want:    "system:serviceaccount:a:b/[system:serviceaccounts system:serviceaccounts:a system:authenticated]"},
		{what: "its own node", asker: robot, headers: []string{"Impersonate-User", "system:node:n1"},
			allowed: []string{"impersonate-on:associated-node:" + on + " by map[" + associatedKeys + ":[" + nodeOfToken + " k]]", "impersonate:associated-node authentication.k8s.io:nodes * by map[" + associatedKeys + ":[" + nodeOfToken + " k]]"},
			want:    "system:node:n1/[system:nodes system:authenticated]"},
		{what: "another node", asker: robot, headers: []string{"Impersonate-User", "system:node:n2"},
			allowed: []string{"impersonate-on:arbitrary-node:" + on, "impersonate:arbitrary-node authentication.k8s.io:nodes n2"}, want: "system:node:n2/[system:nodes system:authenticated]"},
		{what: "another node with the right for its own", asker: robot, headers: []string{"Impersonate-User", "system:node:n2"},
			allowed: []string{"impersonate-on:associated-node:" + on + " by map[" + associatedKeys + ":[" + nodeOfToken + " k]]", "impersonate:associated-node authentication.k8s.io:nodes * by map[" + associatedKeys + ":[" + nodeOfToken + " k]]"},
			err:     "cannot impersonate-on:arbitrary-node:list"},
		{what: "anonymous", asker: ann, headers: []string{"Impersonate-User", "system:anonymous"}, allowed: []string{"impersonate users system:anonymous"}, want: "system:anonymous/[system:unauthenticated]"},
		{what: "unauthenticated", asker: ann, headers: []string{"Impersonate-User", "x", "Impersonate-Group", "system:unauthenticated"},
			allowed: []string{"impersonate users x", "impersonate groups system:unauthenticated"}, want: "x/[system:unauthenticated]"},
		{what: "groups of nobody", asker: ann, headers: []string{"Impersonate-Group", "x"},
			err: `requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"x"}, Extra:map[string][]string(nil)} without impersonating a user name`},
		{what: "extra of nobody", asker: ann, headers: []string{"Impersonate-Extra-K", "x"}, err: "without impersonating a user name"},
		{what: "a uid of nobody", asker: ann, headers: []string{"Impersonate-Uid", "x"}, err: "without impersonating a user name"},
	} {
		r, err := impersonated(t, Impersonate(&rights{allowed: c.allowed}, true), c.asker, c.headers...)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s:\n got  %v\n want %s", c.what, err, c.err)
			}
			if r.User.Name != c.asker.Name {
				t.Errorf("%s: refused, and %s all the same", c.what, r.User.Name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := fmt.Sprintf("%s/%s%v", r.User.Name, r.User.UID, r.User.Groups)
		for k, v := range r.User.Extra {
			got += fmt.Sprintf(" %s=%v", k, v)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		for name := range r.HTTP.Header {
			if strings.HasPrefix(name, "Impersonate-") {
				t.Errorf("%s: %s is left", c.what, name)
			}
		}
	}
}

func TestImpersonationRemembersTheMode(t *testing.T) {
	a := &rights{allowed: []string{"impersonate users ben"}}
	stage := Impersonate(a, true)
	for i, want := range [][]string{
		{"impersonate-on:user-info:list pods team/", "impersonate users ben"},
		{"impersonate users ben"},
	} {
		a.asked = nil
		if _, err := impersonated(t, stage, resource.UserInfo{Name: "ann"}, "Impersonate-User", "ben"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.asked, want) {
			t.Errorf("time %d: asked %q, want %q", i+1, a.asked, want)
		}
	}
}

func TestImpersonationTellsErrors(t *testing.T) {
	a := &rights{err: fmt.Errorf("no idea")}
	_, err := impersonated(t, Impersonate(a, true), resource.UserInfo{Name: "ann"}, "Impersonate-User", "ben")
	if err == nil || !strings.HasSuffix(err.Error(), `in the namespace "team": no idea`) {
		t.Error(err)
	}
	a.err = authz.ErrNotReady
	if _, err := impersonated(t, Impersonate(a, true), resource.UserInfo{Name: "ann"}, "Impersonate-User", "ben"); !apierrors.IsTooManyRequests(err) {
		t.Error(err)
	}
}

func FuzzImpersonationHeaders(f *testing.F) {
	f.Add("Impersonate-User", "a", "Impersonate-Extra-X%2f", "b")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		h := http.Header{}
		h.Add(name, value)
		h.Add(name2, value2)
		u, err := wantedUser(h)
		if u != nil && (u.Name == "" || err != nil) {
			t.Errorf("%v: %+v, %v", h, u, err)
		}
		removeImpersonation(h)
		if u, _ := wantedUser(h); u != nil {
			t.Errorf("%v still asks for %+v", h, u)
		}
	})
}

// Without the feature the rights of the constrained modes are no rights.
func TestImpersonateUnconstrained(t *testing.T) {
	ann := resource.UserInfo{Name: "ann"}
	for _, c := range []struct {
		allowed []string
		want    bool
	}{
		{[]string{"impersonate:user-info authentication.k8s.io:users ben", "impersonate-on:user-info:list pods team/"}, false},
		{[]string{"impersonate users ben"}, true},
	} {
		for _, constrained := range []bool{false, true} {
			_, err := impersonated(t, Impersonate(&rights{allowed: c.allowed}, constrained), ann, "Impersonate-User", "ben")
			if want := c.want || constrained; (err == nil) != want {
				t.Errorf("%v, constrained %v: %v", c.allowed, constrained, err)
			}
		}
	}
}
