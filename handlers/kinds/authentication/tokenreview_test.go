package authentication

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// owners knows two tokens.
type owners struct{}

func (owners) AuthenticateToken(_ context.Context, token string, audiences []string) (*authn.Identity, error) {
	switch token {
	case "good":
		return &authn.Identity{User: resource.UserInfo{Name: "ann", UID: "7", Groups: []string{"g"}, Extra: map[string][]string{"k": {"v"}}}, Audiences: audiences}, nil
	case "elsewhere":
		return &authn.Identity{User: resource.UserInfo{Name: "ann"}, Audiences: []string{"elsewhere"}}, nil
	case "bad":
		return nil, fmt.Errorf("it is bad")
	}
	return nil, authn.ErrNoCredentials
}

func TestTokenReviews(t *testing.T) {
	s := kindtest.HooksWith(t, Kinds, kind.Deps{TokenOwners: authn.Tokens{owners{}}, Audiences: []string{"api"}}, "v1", "tokenreviews", "")
	for _, c := range []struct{ what, spec, status, err string }{
		{what: "good", spec: "{token: good}", status: `{"authenticated":true,"user":{"username":"ann","uid":"7","groups":["g","system:authenticated"],"extra":{"k":["v"]}},"audiences":["api"]}`},
		{what: "good for another", spec: "{token: good, audiences: [vault]}", status: `{"authenticated":true,"user":{"username":"ann","uid":"7","groups":["g","system:authenticated"],"extra":{"k":["v"]}},"audiences":["vault"]}`},
		{what: "bad", spec: "{token: bad}", status: `{"user":{},"error":"it is bad"}`},
		{what: "unknown", spec: "{token: x}", status: `{"user":{},"error":"invalid bearer token"}`},
		{what: "none", spec: "{}", err: "token is required for TokenReview in authentication"},
		{what: "of others", spec: "{token: elsewhere}", err: "Internal error occurred: error validating audiences"},
	} {
		review := kindtest.Parse[authenticationv1.TokenReview](t, "spec: "+c.spec+"\nstatus: {authenticated: true, error: forged, user: {username: root}}")
		o, err := s.Create(t.Context(), kindtest.Attempt(), review)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(o.(*authenticationv1.TokenReview).Status)
		if err != nil || string(got) != c.status {
			t.Errorf("%s:\n got  %s, %v\n want %s", c.what, got, err, c.status)
		}
	}
}
