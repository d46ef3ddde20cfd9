package serviceaccount

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	issuerName = "https://issuer.example"
	ownName    = "https://api.example"
)

func meta(namespace, name, uid string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(uid)}
}

// world is a store with what a token can be bound to.
func world(t testing.TB) *testStore {
	m := newTestStore(t)
	m.put(accounts, &corev1.ServiceAccount{ObjectMeta: meta("team", "robot", "sa-1")})
	m.put(pods, &corev1.Pod{ObjectMeta: meta("team", "web", "pod-1")})
	m.put(secrets, &corev1.Secret{ObjectMeta: meta("team", "card", "secret-1")})
	m.put(nodes, &corev1.Node{ObjectMeta: meta("", "worker", "node-1")})
	return m
}

func bound() Bound { return Bound{Namespace: "team", Account: Ref{Name: "robot", UID: "sa-1"}} }

func issuerFor(t testing.TB, key crypto.Signer) *Issuer {
	t.Helper()
	i, err := NewIssuer(issuerName, key)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func keysOf(t testing.TB, keys ...crypto.PublicKey) *Keys {
	t.Helper()
	k, err := NewKeys(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestBoundTokens(t *testing.T) {
	now := time.Now()
	key := newKeyFor(t, elliptic.P256())
	gone := metav1.NewTime(now.Add(-2 * time.Minute))
	leaving := metav1.NewTime(now.Add(-10 * time.Second))
	with := func(change func(*Bound)) Bound {
		b := bound()
		change(&b)
		return b
	}
	for _, c := range []struct {
		what      string
		bound     Bound
		tokenFor  []string
		asked     []string
		life, age time.Duration
		change    func(*testStore)
		err       string
		extra     map[string][]string
	}{
		{what: "plain", bound: bound()},
		{what: "for a pod on a node", bound: with(func(b *Bound) { b.Pod, b.Node = &Ref{"web", "pod-1"}, &Ref{"anywhere", "unchecked"} }),
			extra: map[string][]string{extraPodName: {"web"}, extraPodUID: {"pod-1"}, extraNodeName: {"anywhere"}, extraNodeUID: {"unchecked"}}},
		{what: "for a node", bound: with(func(b *Bound) { b.Node = &Ref{"worker", "node-1"} }),
			extra: map[string][]string{extraNodeName: {"worker"}, extraNodeUID: {"node-1"}}},
		{what: "for a secret", bound: with(func(b *Bound) { b.Secret = &Ref{"card", "secret-1"} })},
		{what: "expired", bound: bound(), life: time.Hour, age: 2 * time.Hour, err: "service account token has expired"},
		{what: "from the future", bound: bound(), age: -time.Hour, err: "service account token is not valid yet"},
		{what: "of another audience", bound: bound(), tokenFor: []string{"vault"},
			err: `token audiences ["vault"] is invalid for the target audiences ["https://api.example"]`},
		{what: "asked about another audience", bound: bound(), asked: []string{"vault"},
			err: `token audiences ["https://api.example"] is invalid for the target audiences ["vault"]`},
		{what: "of several audiences", bound: bound(), tokenFor: []string{"vault", ownName}},
		{what: "account gone", bound: bound(), change: func(m *testStore) { m.remove("/serviceaccounts/team/robot") }, err: `serviceaccounts "robot" not found`},
		{what: "account made anew", bound: bound(), change: func(m *testStore) {
			m.put(accounts, &corev1.ServiceAccount{ObjectMeta: meta("team", "robot", "sa-2")})
		}, err: "service account UID (sa-2) does not match claim (sa-1)"},
		{what: "account being deleted since long", bound: bound(), change: func(m *testStore) {
			o := &corev1.ServiceAccount{ObjectMeta: meta("team", "robot", "sa-1")}
			o.DeletionTimestamp = &gone
			m.put(accounts, o)
		}, err: "service account team/robot has been deleted"},
		{what: "account being deleted since a moment", bound: bound(), change: func(m *testStore) {
			o := &corev1.ServiceAccount{ObjectMeta: meta("team", "robot", "sa-1")}
			o.DeletionTimestamp = &leaving
			m.put(accounts, o)
		}},
		{what: "pod gone", bound: with(func(b *Bound) { b.Pod = &Ref{"web", "pod-1"} }),
			change: func(m *testStore) { m.remove("/pods/team/web") }, err: "service account token has been invalidated"},
		{what: "pod made anew", bound: with(func(b *Bound) { b.Pod = &Ref{"web", "pod-0"} }),
			err: "pod UID (pod-1) does not match service account pod ref claim (pod-0)"},
		{what: "secret gone", bound: with(func(b *Bound) { b.Secret = &Ref{"card", "secret-1"} }),
			change: func(m *testStore) { m.remove("/secrets/team/card") }, err: "service account token has been invalidated"},
		{what: "node gone", bound: with(func(b *Bound) { b.Node = &Ref{"worker", "node-1"} }),
			change: func(m *testStore) { m.remove("/minions/worker") }, err: "service account token has been invalidated"},
		{what: "a name that leads elsewhere", bound: Bound{Namespace: "", Account: Ref{Name: "team/robot", UID: "sa-1"}}, err: `serviceaccounts "team/robot" not found`},
	} {
		t.Run(c.what, func(t *testing.T) {
			m := world(t)
			if c.life == 0 {
				c.life = time.Hour
			}
			if c.tokenFor == nil {
				c.tokenFor = []string{ownName}
			}
			token, id, err := issuerFor(t, key).Issue(c.bound, c.tokenFor, now.Add(-c.age), c.life)
			if err != nil {
				t.Fatal(err)
			}
			a := NewBoundTokens(keysOf(t, key), []string{"https://old.example", issuerName}, []string{ownName}, NewLookup(m))
			if c.err == "" || c.change != nil {
				// What was good a moment ago is remembered; the change must count all the same.
				before := NewBoundTokens(keysOf(t, key), []string{issuerName}, []string{ownName}, NewLookup(m))
				if c.change != nil {
					before = a
				}
				if _, err := before.AuthenticateToken(context.Background(), token, c.asked); err != nil {
					t.Fatalf("before the change: %v", err)
				}
			}
			if c.change != nil {
				c.change(m)
			}
			got, err := a.AuthenticateToken(context.Background(), token, c.asked)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			extra := map[string][]string{authn.CredentialID: {"JTI=" + id}}
			for k, v := range c.extra {
				extra[k] = v
			}
			want := &authn.Identity{Audiences: []string{ownName}, User: resource.UserInfo{
				Name: "system:serviceaccount:team:robot", UID: "sa-1", Groups: []string{"system:serviceaccounts", "system:serviceaccounts:team"}, Extra: extra,
			}}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestStaleTokensAreTold(t *testing.T) {
	key, m := newKeyFor(t, elliptic.P256()), world(t)
	b := bound()
	now := time.Now()
	b.WarnAt(now.Add(-time.Minute))
	token, _, err := issuerFor(t, key).Issue(b, []string{ownName}, now.Add(-time.Hour), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	ctx := resource.WithRecorder(context.Background(), &resource.Recorder{Annotate: func(k, v string) { notes[k] = v }})
	if _, err := NewBoundTokens(keysOf(t, key), []string{issuerName}, []string{ownName}, NewLookup(m)).AuthenticateToken(ctx, token, nil); err != nil {
		t.Fatal(err)
	}
	if got := notes["authentication.k8s.io/stale-token"]; !strings.HasPrefix(got, "subject: system:serviceaccount:team:robot, seconds after warning threshold: 6") {
		t.Errorf("annotations %v", notes)
	}
}

// Every kind of key signs tokens that the matching verifier takes, with and without a key id, and no other one.
func TestKeys(t *testing.T) {
	m := world(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger := newKeyFor(t, elliptic.P256())
	for what, key := range map[string]crypto.Signer{
		"RSA": rsaKey, "P-256": newKeyFor(t, elliptic.P256()), "P-384": newKeyFor(t, elliptic.P384()), "P-521": newKeyFor(t, elliptic.P521()),
	} {
		token, _, err := issuerFor(t, key).Issue(bound(), []string{ownName}, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(token string, keys *Keys) error {
			_, err := NewBoundTokens(keys, []string{issuerName}, []string{ownName}, NewLookup(m)).AuthenticateToken(context.Background(), token, nil)
			return err
		}
		if err := ask(token, keysOf(t, stranger, key.Public())); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if err := ask(token, keysOf(t, stranger)); !errors.Is(err, errNoKey) {
			t.Errorf("%s, without the key: %v", what, err)
		}
	}
}

// forge makes a token by hand.
func forge(header, payload string, sign func(signed string) []byte) string {
	b64 := base64.RawURLEncoding.EncodeToString
	signed := b64([]byte(header)) + "." + b64([]byte(payload))
	return signed + "." + b64(sign(signed))
}

func TestForgedTokens(t *testing.T) {
	m := world(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf(t, rsaKey.Public())
	id := keys.all[0].ID
	payload := `{"iss":"` + issuerName + `","sub":"system:serviceaccount:team:robot","aud":["` + ownName + `"],"kubernetes.io":{"namespace":"team","serviceaccount":{"name":"robot","uid":"sa-1"}}}`
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	mac := func(secret []byte) func(string) []byte {
		return func(signed string) []byte {
			h := hmac.New(sha256.New, secret)
			h.Write([]byte(signed))
			return h.Sum(nil)
		}
	}
	good := func(signed string) []byte {
		sum := sha256.Sum256([]byte(signed))
		b, err := rsaKey.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	empty := func(string) []byte { return nil }
	a := NewBoundTokens(keys, []string{issuerName}, []string{ownName}, NewLookup(m))
	ask := func(token string) error {
		_, err := a.AuthenticateToken(context.Background(), token, nil)
		return err
	}
	valid := forge(`{"alg":"RS256","kid":"`+id+`"}`, payload, good)
	if err := ask(valid); err != nil {
		t.Fatalf("the honest token: %v", err)
	}
	head, rest, _ := strings.Cut(valid, ".")
	body, signature, _ := strings.Cut(rest, ".")
	other := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(payload, `"robot"`, `"admin"`, 1)))
	for what, token := range map[string]string{
		"no algorithm":                        forge(`{"alg":"none"}`, payload, empty),
		"no algorithm, spelled otherwise":     forge(`{"alg":"nOnE","kid":"`+id+`"}`, payload, empty),
		"a shared secret: the public key":     forge(`{"alg":"HS256","kid":"`+id+`"}`, payload, mac(public)),
		"a shared secret: the key's DER":      forge(`{"alg":"HS256"}`, payload, mac(der)),
		"a shared secret: nothing":            forge(`{"alg":"HS256"}`, payload, mac(nil)),
		"another kind of key":                 forge(`{"alg":"ES256","kid":"`+id+`"}`, payload, good),
		"a key of its own":                    forge(`{"alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`, payload, empty),
		"another key's id":                    forge(`{"alg":"RS256","kid":"x"}`, payload, good),
		"other claims under an old signature": head + "." + other + "." + signature,
		"no signature":                        head + "." + body + ".",
		"a signature of something else":       head + "." + body + "." + base64.RawURLEncoding.EncodeToString(good("x")),
		"another issuer":                      forge(`{"alg":"RS256"}`, strings.Replace(payload, issuerName, "https://evil.example", 1), good),
		"two issuers":                         forge(`{"alg":"RS256"}`, strings.Replace(payload, `{"iss"`, `{"iss":"https://evil.example","iss"`, 1), good),
		"the long form":                       `{"payload":"` + body + `","protected":"` + head + `","signature":"` + signature + `"}`,
		"critical headers":                    forge(`{"alg":"RS256","crit":["b64"],"b64":false}`, payload, good),
		"nothing":                             "", "dots": "..", "spaces": valid + " ",
	} {
		if err := ask(token); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestStateFollowsTheStore(t *testing.T) {
	m := world(t)
	l := NewLookup(m)
	for _, c := range []struct {
		what string
		do   func()
		uid  string
	}{
		{"first", func() {}, "pod-1"},
		{"again", func() {}, "pod-1"},
		{"changed", func() { m.put(pods, &corev1.Pod{ObjectMeta: meta("team", "web", "pod-2")}) }, "pod-2"},
	} {
		c.do()
		st, err := l.state(context.Background(), pods, "team", "web")
		if err != nil || st.uid != c.uid {
			t.Errorf("%s: %+v, %v", c.what, st, err)
		}
	}
	var o object.Object = &corev1.Pod{}
	pod, _, err := m.Get(t.Context(), "/pods/team/web")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decode[*corev1.Secret](pods, pod); err == nil {
		t.Errorf("a pod was decoded as something else than %T", o)
	}
}

func FuzzBoundToken(f *testing.F) {
	key := newKeyFor(f, elliptic.P256())
	m := world(f)
	token, _, err := issuerFor(f, key).Issue(bound(), []string{ownName}, time.Now(), time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Add(forge(`{"alg":"none"}`, `{"iss":"`+issuerName+`"}`, func(string) []byte { return nil }))
	a := NewBoundTokens(keysOf(f, key), []string{issuerName}, []string{ownName}, NewLookup(m))
	f.Fuzz(func(t *testing.T, s string) {
		id, err := a.AuthenticateToken(context.Background(), s, nil)
		// Parts of a token may be spelled in other ways that mean the same bytes; what it says is signed.
		if err == nil && (id.User.Name != "system:serviceaccount:team:robot" || !sameMeaning(s, token)) {
			t.Errorf("%q was accepted as %+v", s, id)
		}
	})
}

// sameMeaning says whether two tokens have the same claims.
func sameMeaning(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	return len(x) == 3 && x[1] == y[1]
}
