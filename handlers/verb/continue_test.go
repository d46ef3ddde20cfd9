package verb

import (
	"encoding/base64"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestContinueRoundTrip(t *testing.T) {
	const prefix = "/pods/"
	token, err := encodeContinue(after("/pods/team/web"), prefix, 42)
	if err != nil {
		t.Fatal(err)
	}
	from, revision, err := decodeContinue(token, prefix)
	if err != nil || from != "/pods/team/web\x00" || revision != 42 {
		t.Errorf("got %q, %d, %v", from, revision, err)
	}
	// Upstream's cache begins what is relative with a slash.
	slashed := base64.RawURLEncoding.EncodeToString([]byte(`{"v":"meta.k8s.io/v1","rv":42,"start":"/team/web\u0000"}`))
	if from, _, err := decodeContinue(slashed, prefix); err != nil || from != "/pods/team/web\x00" {
		t.Errorf("with a slash: %q, %v", from, err)
	}
	// The same place in another collection: what the token names is relative.
	if from, _, err := decodeContinue(token, "/secrets/"); err != nil || from != "/secrets/team/web\x00" {
		t.Errorf("in another collection: %q, %v", from, err)
	}
	if _, err := encodeContinue("/other/key", prefix, 42); err == nil {
		t.Error("a key outside of the collection got a token")
	}
}

func TestContinueRefusesWhatItDidNotMake(t *testing.T) {
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct{ token, want string }{
		{"%%%", "illegal base64"},
		{encode("nothing"), "invalid character"},
		{encode(`{"v":"meta.k8s.io/v2","rv":1,"start":"a"}`), "does not recognize this encoded version meta.k8s.io/v2"},
		{encode(`{"v":"meta.k8s.io/v1","rv":0,"start":"a"}`), "incorrect encoded start resourceVersion"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":""}`), "encoded start key empty"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":"../secrets/x"}`), "not valid"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":"a/../../secrets/x"}`), "not valid"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":"/../secrets/x"}`), "not valid"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":"//a"}`), "not valid"},
		{encode(`{"v":"meta.k8s.io/v1","rv":1,"start":"a/"}`), "not valid"},
	} {
		_, _, err := decodeContinue(c.token, "/pods/")
		if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want a bad request with %q", c.token, err, c.want)
		}
	}
}

func FuzzContinue(f *testing.F) {
	f.Add("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0")
	f.Fuzz(func(t *testing.T, token string) {
		from, _, err := decodeContinue(token, "/pods/team/")
		if err == nil && !strings.HasPrefix(from, "/pods/team/") {
			t.Errorf("%q leads out of the collection: %q", token, from)
		}
		if err == nil && strings.Contains(from, "/../") {
			t.Errorf("%q has a way up: %q", token, from)
		}
	})
}
