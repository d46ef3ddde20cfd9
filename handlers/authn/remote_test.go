package authn

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

func TestBootstrapTokens(t *testing.T) {
	const token = "abcdef.0123456789abcdef"
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what, token string
		change      func(*corev1.Secret)
		groups      []string
		fails       bool
	}{
		{what: "good", token: token, groups: []string{"system:bootstrappers"}},
		{what: "with groups", token: token, groups: []string{"system:bootstrappers", "system:bootstrappers:a", "system:bootstrappers:b"},
			change: func(s *corev1.Secret) {
				s.Data["auth-extra-groups"] = []byte("system:bootstrappers:b,system:bootstrappers:a")
			}},
		{what: "not yet over", token: token, groups: []string{"system:bootstrappers"},
			change: func(s *corev1.Secret) { s.Data["expiration"] = []byte("2026-05-01T00:00:01Z") }},
		{what: "over", token: token, change: func(s *corev1.Secret) { s.Data["expiration"] = []byte("2026-05-01T00:00:00Z") }},
		{what: "over at no time", token: token, change: func(s *corev1.Secret) { s.Data["expiration"] = []byte("never") }},
		{what: "a group that is not allowed", token: token, change: func(s *corev1.Secret) { s.Data["auth-extra-groups"] = []byte("system:masters") }},
		{what: "a group that begins well", token: token, change: func(s *corev1.Secret) { s.Data["auth-extra-groups"] = []byte("system:bootstrappers:a\nsystem:masters") }},
		{what: "a group without a name", token: token, change: func(s *corev1.Secret) { s.Data["auth-extra-groups"] = []byte("system:bootstrappers:") }},
		{what: "a group that ends badly", token: token, change: func(s *corev1.Secret) { s.Data["auth-extra-groups"] = []byte("system:bootstrappers:a-") }},
		{what: "a group that is too long", token: token, change: func(s *corev1.Secret) {
			s.Data["auth-extra-groups"] = []byte("system:bootstrappers:" + strings.Repeat("a", 257))
		}},
		{what: "for something else", token: token, change: func(s *corev1.Secret) { delete(s.Data, "usage-bootstrap-authentication") }},
		{what: "of another type", token: token, change: func(s *corev1.Secret) { s.Type = "Opaque" }},
		{what: "being deleted", token: token, change: func(s *corev1.Secret) { s.DeletionTimestamp = &metav1.Time{Time: now} }},
		{what: "of another id", token: token, change: func(s *corev1.Secret) { s.Data["token-id"] = []byte("fedcba") }},
		{what: "another secret half", token: "abcdef.0123456789abcdee"},
		{what: "no such secret", token: "zzzzzz.0123456789abcdef"},
		{what: "another form", token: "abcdef.0123456789abcdef\n"},
		{what: "capitals", token: "ABCDEF.0123456789abcdef"},
		{what: "no store", token: "failed.0123456789abcdef", fails: true},
	} {
		secret := &corev1.Secret{Type: "bootstrap.kubernetes.io/token", Data: map[string][]byte{
			"token-id": []byte("abcdef"), "token-secret": []byte("0123456789abcdef"), "usage-bootstrap-authentication": []byte("true"),
		}}
		if c.change != nil {
			c.change(secret)
		}
		b := BootstrapTokens{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
			Secret: func(_ context.Context, namespace, name string) (*corev1.Secret, error) {
				switch {
				case namespace == "kube-system" && name == "bootstrap-token-abcdef":
					return secret, nil
				case name == "bootstrap-token-failed":
					return nil, errors.New("no store")
				}
				return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, name)
			}}
		id, err := b.AuthenticateToken(context.Background(), c.token, nil)
		switch {
		case c.groups != nil:
			want := &Identity{User: resource.UserInfo{Name: "system:bootstrap:abcdef", Groups: c.groups}}
			if err != nil || !reflect.DeepEqual(id, want) {
				t.Errorf("%s: %+v, %v", c.what, id, err)
			}
		case errors.Is(err, ErrNoCredentials) == c.fails:
			t.Errorf("%s: %+v, %v", c.what, id, err)
		}
	}
}

// reviewer is a real token webhook.
func reviewer(t *testing.T, answer func(spec map[string]any) string) *webhook.Client {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			APIVersion, Kind string
			Spec             map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Kind != "TokenReview" {
			t.Errorf("the webhook was sent %+v, %v", review, err)
		}
		status := answer(review.Spec)
		if status == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"apiVersion":%q,"kind":"TokenReview","status":%s}`, review.APIVersion, status)
	}))
	t.Cleanup(s.Close)
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	client, err := webhook.New(fmt.Appendf(nil, `{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]}`, s.URL, ca), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestWebhook(t *testing.T) {
	for _, c := range []struct {
		what, version, status string
		asked                 []string
		want                  string
	}{
		{what: "good", version: "v1", status: `{"authenticated":true,"user":{"username":"ann","uid":"7","groups":["g"],"extra":{"k":["v"]}}}`, want: "{{ann 7 [g] map[k:[v]]} []}"},
		{what: "good, old version", version: "v1beta1", status: `{"authenticated":true,"user":{"username":"ann"}}`, want: "{{ann  [] map[]} []}"},
		{what: "for ours", version: "v1", asked: []string{"api", "x"}, status: `{"authenticated":true,"user":{"username":"ann"},"audiences":["api"]}`, want: "{{ann  [] map[]} [api]}"},
		{what: "knows no audiences", version: "v1", asked: []string{"api", "x"}, status: `{"authenticated":true,"user":{"username":"ann"}}`, want: "{{ann  [] map[]} [api]}"},
		{what: "knows no audiences and others are asked", version: "v1", asked: []string{"x"}, status: `{"authenticated":true,"user":{"username":"ann"}}`, want: "no credentials provided"},
		{what: "for others", version: "v1", asked: []string{"api"}, status: `{"authenticated":true,"user":{"username":"ann"},"audiences":["x"]}`, want: "no credentials provided"},
		{what: "bad", version: "v1", status: `{"authenticated":false,"user":{"username":"root"}}`, want: "no credentials provided"},
		{what: "bad with a reason", version: "v1", status: `{"error":"it smells"}`, want: "it smells"},
		{what: "refused", version: "v1", want: "token webhook: the webhook answered 403 Forbidden: "},
	} {
		client := reviewer(t, func(spec map[string]any) string {
			if spec["token"] != "t" {
				t.Errorf("%s: asked about %v", c.what, spec)
			}
			return c.status
		})
		w, err := NewWebhook(client, c.version, []string{"api"})
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.AuthenticateToken(context.Background(), "t", c.asked)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(*id)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	if _, err := NewWebhook(nil, "v2", nil); err == nil {
		t.Error("an unknown version was taken")
	}
}

// mechanism counts its questions.
type mechanism struct {
	mu    sync.Mutex
	asked map[string]int
}

func (m *mechanism) AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error) {
	m.mu.Lock()
	m.asked[token+fmt.Sprint(audiences)]++
	m.mu.Unlock()
	resource.Warn(ctx, "careful")
	time.Sleep(time.Second)
	switch token {
	case "good":
		return &Identity{User: resource.UserInfo{Name: "ann"}, Audiences: audiences}, nil
	case "error":
		return nil, errors.New("no answer")
	case "panic":
		panic("at night")
	}
	return nil, ErrNoCredentials
}

func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mechanism{asked: map[string]int{}}
		c := NewCache(m, time.Minute, 10*time.Second)
		warnings := 0
		ctx := resource.WithRecorder(context.Background(), &resource.Recorder{Warn: func(texts ...string) { warnings += len(texts) }})
		expect := func(what string, token string, audiences []string, questions int, want string) {
			t.Helper()
			before := warnings
			id, err := c.AuthenticateToken(ctx, token, audiences)
			got := fmt.Sprint(err)
			if err == nil {
				got = id.User.Name
			}
			if got != want || m.asked[token+fmt.Sprint(audiences)] != questions {
				t.Errorf("%s: %s after %d questions, want %s after %d", what, got, m.asked[token+fmt.Sprint(audiences)], want, questions)
			}
			if token == "good" && warnings != before+1 {
				t.Errorf("%s: %d warnings", what, warnings-before)
			}
		}
		expect("first", "good", nil, 1, "ann")
		expect("remembered", "good", nil, 1, "ann")
		expect("for an audience", "good", []string{"a", "b"}, 1, "ann")
		expect("for audiences that look alike", "good", []string{"ab"}, 1, "ann")
		expect("unknown", "bad", nil, 1, "no credentials provided")
		expect("still unknown", "bad", nil, 1, "no credentials provided")
		expect("an error", "error", nil, 1, "no answer")
		expect("errors are not remembered", "error", nil, 2, "no answer")
		expect("a panic", "panic", nil, 1, "authentication failed unexpectedly: at night")
		time.Sleep(11 * time.Second)
		expect("unknown long ago", "bad", nil, 2, "no credentials provided")
		expect("known not so long ago", "good", nil, 1, "ann")
		time.Sleep(time.Minute)
		expect("known long ago", "good", nil, 2, "ann")
		time.Sleep(2 * time.Minute)
		var together sync.WaitGroup
		for range 10 {
			together.Go(func() {
				if _, err := c.AuthenticateToken(context.Background(), "good", nil); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
		if got := m.asked["good[]"]; got != 3 {
			t.Errorf("ten at once asked %d times", got-2)
		}
		impatient, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := c.AuthenticateToken(impatient, "slow", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request that does not wait: %v", err)
		}
		time.Sleep(time.Minute) // let the question end
	})
}
