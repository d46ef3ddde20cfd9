package authn

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func credentialFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tokens is a mechanism that knows some tokens and dislikes one.
type tokens map[string]string

func (k tokens) AuthenticateToken(_ context.Context, token string, audiences []string) (*Identity, error) {
	if token == "broken" {
		return nil, errors.New("the token is broken")
	}
	name, ok := k[token]
	if !ok {
		return nil, ErrNoCredentials
	}
	return &Identity{User: resource.UserInfo{Name: name}, Audiences: audiences}, nil
}

// Every credential that is there and wrong is refused, and none makes anybody anonymous.
func TestOrder(t *testing.T) {
	file, err := NewTokenFile(credentialFile(t, "static,sam,1,\"a, b,\"\n,nobody,2\nshort,tom,3\n"))
	if err != nil {
		t.Fatal(err)
	}
	basic, err := NewBasic(credentialFile(t, "secret,ann,1,dev\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := Tokens{Agnostic{Own: []string{"api"}, Inner: file}, tokens{"a.b": "first"}, tokens{"a.b": "second", "c": "third"}}
	ca := newAuthority(t, "ca")
	s := serve(t, Union{NewX509(ca.pool, true), basic, Bearer{all, []string{"api"}}, WebSocket{all, []string{"api"}}, Anonymous{}})
	strangers := newAuthority(t, "strangers").client("eve", nil)
	b64 := base64.RawURLEncoding.EncodeToString
	login := func(name, password string) []string {
		return []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}
	}
	socket := func(protocols ...string) map[string][]string {
		return map[string][]string{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"}, protocolHeader: protocols}
	}
	authorization := func(v string) map[string][]string { return map[string][]string{"Authorization": {v}} }
	const anonymous = "system:anonymous/[system:unauthenticated]"
	for _, c := range []struct {
		what    string
		headers map[string][]string
		want    string
	}{
		{"nothing", nil, anonymous},
		{"a token of the file", authorization("Bearer static"), "sam/1[a b system:authenticated]"},
		{"in other letters", authorization("  bEARER static  "), "sam/1[a b system:authenticated]"},
		{"a token without groups", authorization("Bearer short"), "tom/3[system:authenticated]"},
		{"the first who knows it", authorization("Bearer a.b"), "first/[system:authenticated]"},
		{"only the last knows it", authorization("Bearer c"), "third/[system:authenticated]"},
		{"an unknown token", authorization("Bearer x"), "invalid bearer token"},
		{"a broken token", authorization("Bearer broken"), "the token is broken"},
		{"the empty token of the file", authorization("Bearer "), anonymous},
		{"more than one space", authorization("Bearer  static"), anonymous},
		{"something behind the token", authorization("Bearer static junk"), "sam/1[a b system:authenticated]"},
		{"another scheme", authorization("Digest static"), anonymous},
		{"a password", map[string][]string{"Authorization": login("ann", "secret")}, "ann/1[dev system:authenticated]"},
		{"a wrong password", map[string][]string{"Authorization": login("ann", "wrong")}, "invalid username/password combination"},
		{"an unknown name", map[string][]string{"Authorization": login("eve", "")}, "invalid username/password combination"},
		{"a token in a subprotocol", socket("v4.channel.k8s.io, " + protocolPrefix + b64([]byte("static"))), "sam/1[a b system:authenticated]"},
		{"an unknown one there", socket("v4.channel.k8s.io", protocolPrefix+b64([]byte("x"))), "invalid bearer token"},
		{"two there", socket("x", protocolPrefix+b64([]byte("static")), protocolPrefix+b64([]byte("c"))), "multiple base64.bearer.authorization tokens specified"},
		{"nothing beside it", socket(protocolPrefix + b64([]byte("static"))), "missing additional subprotocol"},
		{"not base64", socket("x", protocolPrefix+"!"), "invalid base64.bearer.authorization token encoding"},
		{"not text", socket("x", protocolPrefix+b64([]byte{0xff})), "invalid base64.bearer.authorization token"},
		{"a subprotocol of another request", map[string][]string{protocolHeader: {"x, " + protocolPrefix + b64([]byte("static"))}}, anonymous},
	} {
		got := ask(t, s, nil, c.headers)
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		if got.User != nil && strings.Contains(strings.Join(got.Headers[protocolHeader], ","), protocolPrefix) && c.headers["Upgrade"] != nil {
			t.Errorf("%s: the token is left in %q", c.what, got.Headers[protocolHeader])
		}
	}
	if got := ask(t, s, strangers, authorization("Bearer static")).String(); got != "sam/1[a b system:authenticated]" {
		t.Errorf("a good token beside a stranger's certificate: %s", got)
	}
	if got := ask(t, s, strangers, nil).String(); !strings.HasPrefix(got, "verifying certificate") {
		t.Errorf("a stranger's certificate: %s", got)
	}
	if got := ask(t, s, strangers, authorization("Bearer x")).String(); !strings.HasPrefix(got, "[verifying certificate") || !strings.HasSuffix(got, ", invalid bearer token]") {
		t.Errorf("two wrong credentials: %s", got)
	}
}

func TestAnonymousPaths(t *testing.T) {
	for _, c := range []struct {
		paths []string
		path  string
		err   error
	}{
		{nil, "/api", nil}, {[]string{"/livez"}, "/livez", nil}, {[]string{"/livez"}, "/livez/", ErrNoCredentials},
		{[]string{"/livez"}, "/api", ErrNoCredentials}, {[]string{}, "/api", ErrNoCredentials},
	} {
		r, err := http.NewRequest("GET", "https://example.test"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Anonymous{Paths: c.paths}).Authenticate(r); err != c.err {
			t.Errorf("%v %s: %v", c.paths, c.path, err)
		}
	}
}

func TestAudiences(t *testing.T) {
	mechanism := Agnostic{Own: []string{"api", "k8s"}, Inner: tokens{"t": "ann"}}
	for _, c := range []struct {
		asked []string
		want  string
	}{
		{nil, "[]"}, {[]string{"k8s", "vault"}, "[k8s]"}, {[]string{"vault"}, "no credentials provided"},
	} {
		id, err := mechanism.AuthenticateToken(context.Background(), "t", c.asked)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(id.Audiences)
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.asked, got, c.want)
		}
	}
	if _, err := (Tokens{mechanism}).Review(context.Background(), "other", nil); !errors.Is(err, ErrInvalidToken) {
		t.Errorf("review of an unknown token: %v", err)
	}
	id, err := (Tokens{mechanism}).Review(context.Background(), "t", []string{"api"})
	if err != nil || fmt.Sprint(id.User.Groups, id.Audiences) != "[system:authenticated] [api]" {
		t.Errorf("review: %+v, %v", id, err)
	}
}

func TestFaultyFiles(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n":        "line 1: need at least 3 columns (token, user name, user uid), found 2",
		"a,b,c\nd,e\n": "line 2: need at least 3 columns",
		"a,b,c,\"d\n":  `extraneous or missing " in quoted-field`,
	} {
		if _, err := NewTokenFile(credentialFile(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := NewBasic(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzCredentialFile(f *testing.F) {
	f.Add("a,b,c,\"d,e\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		err := parseCredentials(strings.NewReader(text), "x", "token", "token", func(secret string, user resource.UserInfo) {
			if secret == "" {
				t.Error("a line without a secret counts")
			}
			for _, g := range user.Groups {
				if g == "" || strings.TrimSpace(g) != g {
					t.Errorf("group %q", g)
				}
			}
		})
		_ = err // faulty texts are refused; what counts is above
	})
}

func FuzzProtocolToken(f *testing.F) {
	f.Add("v4.channel.k8s.io, " + protocolPrefix + "YQ")
	f.Fuzz(func(t *testing.T, header string) {
		token, others, err := protocolToken([]string{header})
		if err != nil {
			return
		}
		if token == "" || len(others) == 0 {
			t.Errorf("%q: token %q beside %q", header, token, others)
		}
		for _, o := range others {
			if strings.HasPrefix(o, protocolPrefix) {
				t.Errorf("%q: %q is left", header, o)
			}
		}
	})
}
