package core

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// tokenHooks is the strategy of token requests among some objects.
func tokenHooks(t *testing.T, change func(*serviceaccount.Issuer)) *resource.Strategy {
	t.Helper()
	_, d := kindtest.World(t)
	meta := func(namespace, name, uid string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(uid)}
	}
	kindtest.Put(t, d, kind.CoreV1("serviceaccounts"), &corev1.ServiceAccount{ObjectMeta: meta("team", "robot", "sa-1")})
	kindtest.Put(t, d, kind.CoreV1("nodes"), &corev1.Node{ObjectMeta: meta("", "worker", "node-1")})
	kindtest.Put(t, d, kind.CoreV1("secrets"), &corev1.Secret{ObjectMeta: meta("team", "card", "secret-1")})
	for name, spec := range map[string]corev1.PodSpec{
		"web": {ServiceAccountName: "robot", NodeName: "worker"}, "lost": {ServiceAccountName: "robot", NodeName: "gone"},
		"pending": {ServiceAccountName: "robot"}, "other": {ServiceAccountName: "default"},
	} {
		kindtest.Put(t, d, kind.CoreV1("pods"), &corev1.Pod{ObjectMeta: meta("team", name, "pod-"+name), Spec: spec})
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if d.Tokens, err = serviceaccount.NewIssuer("https://issuer.example", key); err != nil {
		t.Fatal(err)
	}
	d.Tokens.Audiences, d.Tokens.Extend = []string{"api"}, true
	if change != nil {
		change(d.Tokens)
	}
	d.Now = func() time.Time { return kindtest.Time }
	return kindtest.HooksWith(t, Kinds, d, "v1", "serviceaccounts", "token")
}

func TestTokenRequests(t *testing.T) {
	at := kindtest.Time.Unix()
	for _, c := range []struct {
		what, request, account string
		change                 func(*serviceaccount.Issuer)
		// claims are those under kubernetes.io; life is that of the token, told that in the answer.
		claims     string
		audiences  string
		life, told int64
		warning    string
		err        string
	}{
		{what: "plain", request: "spec: {expirationSeconds: 3600}",
			claims: `{"namespace":"team","serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 3600, told: 3600},
		{what: "for others", request: "spec: {expirationSeconds: 600, audiences: [a, b]}", audiences: "[a b]",
			claims: `{"namespace":"team","serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 600, told: 600},
		{what: "pod", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Pod, apiVersion: v1, name: web}}",
			claims: `{"namespace":"team","node":{"name":"worker","uid":"node-1"},"pod":{"name":"web","uid":"pod-web"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 600, told: 600},
		{what: "pod on a node that is gone", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Pod, apiVersion: v1, name: lost}}",
			claims: `{"namespace":"team","node":{"name":"gone"},"pod":{"name":"lost","uid":"pod-lost"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 600, told: 600},
		{what: "pod of another account", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Pod, apiVersion: v1, name: other}}",
			err: `cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.`},
		{what: "pod made anew", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Pod, apiVersion: v1, name: web, uid: old}}",
			err: `Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated`},
		{what: "no such pod", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Pod, apiVersion: v1, name: x}}", err: `pods "x" not found`},
		{what: "secret", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Secret, apiVersion: v1, name: card}}",
			claims: `{"namespace":"team","secret":{"name":"card","uid":"secret-1"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 600, told: 600},
		{what: "node", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Node, apiVersion: v1, name: worker}}",
			claims: `{"namespace":"team","node":{"name":"worker","uid":"node-1"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 600, told: 600},
		{what: "something else", request: "spec: {expirationSeconds: 600, boundObjectRef: {kind: Deployment, apiVersion: apps/v1, name: web}}",
			err: "cannot bind token to object of type apps/v1, Kind=Deployment"},
		{what: "extended", request: "spec: {expirationSeconds: 3607, boundObjectRef: {kind: Pod, apiVersion: v1, name: pending}}",
			claims: fmt.Sprintf(`{"namespace":"team","pod":{"name":"pending","uid":"pod-pending"},"serviceaccount":{"name":"robot","uid":"sa-1"},"warnafter":%d}`, at+3607), life: 31536000, told: 3607},
		{what: "not extended for others", request: "spec: {expirationSeconds: 3607, audiences: [x], boundObjectRef: {kind: Pod, apiVersion: v1, name: pending}}", audiences: "[x]",
			claims: `{"namespace":"team","pod":{"name":"pending","uid":"pod-pending"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 3607, told: 3607},
		{what: "not extended without a pod", request: "spec: {expirationSeconds: 3607}",
			claims: `{"namespace":"team","serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 3607, told: 3607},
		{what: "not extended when switched off", request: "spec: {expirationSeconds: 3607, boundObjectRef: {kind: Pod, apiVersion: v1, name: pending}}",
			change: func(i *serviceaccount.Issuer) { i.Extend = false },
			claims: `{"namespace":"team","pod":{"name":"pending","uid":"pod-pending"},"serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 3607, told: 3607},
		{what: "shortened", request: "spec: {expirationSeconds: 9999}", change: func(i *serviceaccount.Issuer) { i.MaxLife = time.Hour },
			claims: `{"namespace":"team","serviceaccount":{"name":"robot","uid":"sa-1"}}`, life: 3600, told: 3600,
			warning: "requested expiration of 9999 seconds shortened to 3600 seconds"},
		{what: "too short", request: "spec: {expirationSeconds: 599}",
			err: `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`},
		{what: "too long", request: "spec: {expirationSeconds: 4294967297}",
			err: `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds`},
		{what: "for an account made anew", request: "{metadata: {uid: old}, spec: {expirationSeconds: 600}}",
			err: `Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (old) does not match the UID of the service account (sa-1)`},
		{what: "no such account", account: "nobody", request: "spec: {expirationSeconds: 600}", err: `serviceaccounts "nobody" not found`},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.account == "" {
				c.account = "robot"
			}
			var warnings []string
			a := &resource.Attempt{Namespace: "team", Name: c.account}
			o, err := tokenHooks(t, c.change).Create(t.Context(), a, kindtest.Parse[authenticationv1.TokenRequest](t, c.request))
			a.Tell(&resource.Recorder{Warn: func(texts ...string) { warnings = append(warnings, texts...) }})
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("got  %v\nwant %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := o.(*authenticationv1.TokenRequest)
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(got.Status.Token, ".")[1])
			if err != nil {
				t.Fatal(err)
			}
			var claims struct {
				Iss, Sub      string
				Aud           []string
				Iat, Nbf, Exp int64
				Kubernetes    map[string]any `json:"kubernetes.io"`
			}
			if err := json.Unmarshal(payload, &claims); err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(c.claims), &want); err != nil {
				t.Fatal(err)
			}
			if c.audiences == "" {
				c.audiences = "[api]"
			}
			if !reflect.DeepEqual(claims.Kubernetes, want) || fmt.Sprint(claims.Aud) != c.audiences ||
				claims.Iss != "https://issuer.example" || claims.Sub != "system:serviceaccount:team:robot" ||
				claims.Iat != at || claims.Nbf != at || claims.Exp != at+c.life {
				t.Errorf("claims %s", payload)
			}
			if told := got.Status.ExpirationTimestamp.Unix(); told != at+c.told || *got.Spec.ExpirationSeconds != c.told {
				t.Errorf("told %d and %d, want %d", told-at, *got.Spec.ExpirationSeconds, c.told)
			}
			if got.Name != "robot" || got.Namespace != "team" || got.UID != "sa-1" || got.CreationTimestamp.Unix() != at {
				t.Errorf("metadata %+v", got.ObjectMeta)
			}
			if strings.Join(warnings, "\n") != c.warning {
				t.Errorf("warnings %q", warnings)
			}
		})
	}
}
