package serviceaccount

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// errInvalidated: what the token was bound to is gone.
var errInvalidated = errors.New("service account token has been invalidated")

// BoundTokens accepts the tokens that an Issuer makes, here or at another server with the same keys. Make one with
// NewBoundTokens.
type BoundTokens struct {
	parser *parser
	lookup *Lookup
	own    []string
	now    func() time.Time
}

// NewBoundTokens accepts tokens of the issuers; own are the audiences of this server.
func NewBoundTokens(keys *Keys, issuers, own []string, lookup *Lookup) *BoundTokens {
	return &BoundTokens{parser: newParser(keys, issuers), lookup: lookup, own: own, now: time.Now}
}

// AuthenticateToken checks the signature, the audience, the times, and that the service account and the object which the
// token is bound to are still the ones it was made for.
func (b *BoundTokens) AuthenticateToken(ctx context.Context, token string, audiences []string) (*authn.Identity, error) {
	c, err := b.parser.parse(token)
	if err != nil {
		return nil, err
	}
	granted, err := grant(ctx, c, audiences, b.own)
	if err != nil {
		return nil, err
	}
	if err := b.check(ctx, c); err != nil {
		return nil, err
	}
	return &authn.Identity{User: c.user(), Audiences: granted}, nil
}

// grant are the asked audiences that a token is for. A token without any is for this server.
func grant(ctx context.Context, c *claims, asked, own []string) ([]string, error) {
	of := []string(c.Audience)
	if len(of) == 0 {
		resource.Annotate(ctx, "authentication.k8s.io/legacy-token", c.Subject)
		of = own
	}
	if len(asked) == 0 {
		asked = own
	}
	granted := authn.Intersect(of, asked)
	if len(granted) == 0 && len(own) > 0 {
		return nil, fmt.Errorf("token audiences %q is invalid for the target audiences %q", of, asked)
	}
	return granted, nil
}

func (b *BoundTokens) check(ctx context.Context, c *claims) error {
	now := b.now()
	if err := c.checkTimes(now); err != nil {
		return err
	}
	// A deletion takes effect after the tolerance between clocks, so that what is shutting down can say goodbye.
	since := now.Add(-jwt.DefaultLeeway)
	k := &c.Kubernetes
	account, err := b.lookup.state(ctx, accounts, k.Namespace, k.Account.Name)
	if err != nil {
		return err
	}
	if account.uid != k.Account.UID {
		return fmt.Errorf("service account UID (%s) does not match claim (%s)", account.uid, k.Account.UID)
	}
	if account.goneBefore(since) {
		return fmt.Errorf("service account %s/%s has been deleted", k.Namespace, k.Account.Name)
	}
	for _, bound := range []struct {
		ref       *Ref
		source    source
		namespace string
	}{{k.Secret, secrets, k.Namespace}, {k.Pod, pods, k.Namespace}, {k.lone(), nodes, ""}} {
		if bound.ref == nil {
			continue
		}
		if err := b.checkRef(ctx, bound.source, bound.namespace, *bound.ref, since); err != nil {
			return err
		}
	}
	if k.WarnAfter != nil && *k.WarnAfter != 0 && now.After(k.WarnAfter.Time()) {
		resource.Annotate(ctx, "authentication.k8s.io/stale-token",
			fmt.Sprintf("subject: %s, seconds after warning threshold: %d", c.Subject, now.Unix()-k.WarnAfter.Time().Unix()))
	}
	return nil
}

// lone is the node that the token itself is bound to: one beside a pod only tells where the pod was.
func (k *Bound) lone() *Ref {
	if k.Pod != nil {
		return nil
	}
	return k.Node
}

func (b *BoundTokens) checkRef(ctx context.Context, s source, namespace string, ref Ref, since time.Time) error {
	st, err := b.lookup.state(ctx, s, namespace, ref.Name)
	if err != nil {
		return errInvalidated
	}
	if st.uid != ref.UID {
		return fmt.Errorf("%[1]s UID (%[2]s) does not match service account %[1]s ref claim (%[3]s)", s.singular(), st.uid, ref.UID)
	}
	if st.goneBefore(since) {
		return errInvalidated
	}
	return nil
}
