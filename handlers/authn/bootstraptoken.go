package authn

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// bootstrapGroup begins the groups that a secret may give.
const bootstrapGroup = "system:bootstrappers:"

// splitBootstrap is the public and the secret half of a token of the form that all of these have.
func splitBootstrap(token string) (id, secret string, ok bool) {
	id, secret, ok = strings.Cut(token, ".")
	return id, secret, ok && len(id) == 6 && len(secret) == 16 && only(id+secret, "")
}

// allowedGroup: a secret gives no groups but those of its own kind.
func allowedGroup(group string) bool {
	name, ok := strings.CutPrefix(group, bootstrapGroup)
	return ok && len(name) >= 1 && len(name) <= 256 && only(name, "-:") && only(name[len(name)-1:], "")
}

// only says whether s has nothing but small letters, digits and the characters of more.
func only(s, more string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

// BootstrapTokens accepts the tokens with which new nodes come for their certificates: secrets of a type of their own in
// kube-system. A token whose secret is not in order is as unknown as one without.
type BootstrapTokens struct {
	// Secret reads a secret; a NotFound API error when there is none.
	Secret func(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	Log    *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// AuthenticateToken finds the secret by the public half of the token and compares the other half.
func (b BootstrapTokens) AuthenticateToken(ctx context.Context, token string, _ []string) (*Identity, error) {
	id, half, ok := splitBootstrap(token)
	if !ok {
		return nil, ErrNoCredentials
	}
	secret, err := b.Secret(ctx, "kube-system", "bootstrap-token-"+id)
	if apierrors.IsNotFound(err) {
		return nil, ErrNoCredentials
	}
	if err != nil {
		return nil, fmt.Errorf("bootstrap token: %w", err)
	}
	groups, fault := b.check(secret, id, half)
	if fault != "" {
		b.Log.Info("a bootstrap token was refused", "secret", secret.Name, "reason", fault)
		return nil, ErrNoCredentials
	}
	return &Identity{User: resource.UserInfo{Name: "system:bootstrap:" + id, Groups: groups}}, nil
}

// check says what is wrong with a secret as that of a token; nothing when it is good.
func (b BootstrapTokens) check(s *corev1.Secret, id, secret string) (groups []string, fault string) {
	data := func(key string) string { return string(s.Data[key]) }
	switch {
	case s.DeletionTimestamp != nil:
		return nil, "it is being deleted"
	case s.Type != "bootstrap.kubernetes.io/token":
		return nil, "its type is another one"
	case subtle.ConstantTimeCompare(s.Data["token-secret"], []byte(secret)) != 1:
		return nil, "token-secret is another one"
	case data("token-id") != id:
		return nil, "token-id is another one"
	case data("usage-bootstrap-authentication") != "true":
		return nil, "usage-bootstrap-authentication is not true"
	}
	if end := data("expiration"); end != "" {
		t, err := time.Parse(time.RFC3339, end)
		if err != nil {
			return nil, "expiration is not a time"
		}
		now := time.Now
		if b.Now != nil {
			now = b.Now
		}
		if !now().Before(t) {
			return nil, "it has expired"
		}
	}
	groups = []string{"system:bootstrappers"}
	for group := range strings.SplitSeq(data("auth-extra-groups"), ",") {
		if group == "" {
			continue
		}
		if !allowedGroup(group) {
			return nil, "auth-extra-groups has one that is not allowed"
		}
		groups = append(groups, group)
	}
	slices.Sort(groups)
	return slices.Compact(groups), ""
}
