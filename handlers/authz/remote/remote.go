// Package remote authorizes by asking another server, with SubjectAccessReviews over HTTPS.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"k8s.io/apimachinery/pkg/util/cache"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// Options say how a server is asked.
type Options struct {
	// Version of the reviews: v1 or v1beta1.
	Version string
	// OnError is the decision when the server cannot be asked: NoOpinion or Deny.
	OnError authz.Decision
	// Allowed and Refused are how long answers are remembered; 0 means not at all.
	Allowed, Refused time.Duration
	// Conditions are CEL expressions over the review, all of which must be true for the server to be asked.
	Conditions []string
}

// Authorizer asks one server.
type Authorizer struct {
	client     *webhook.Client
	options    Options
	apiVersion string
	conditions *conditions
	answers    *cache.LRUExpireCache
	log        *slog.Logger
}

var (
	_ authz.Authorizer   = &Authorizer{}
	_ authz.RuleResolver = &Authorizer{}
)

const (
	// remembered is how many answers are kept.
	remembered = 8192
	// longest is how large what a requester chooses may be for the answer to be kept: others' answers are not to be
	// pushed out by giants.
	longest = 10000
)

// New fails for a version that is not spoken and for conditions that do not compile.
func New(client *webhook.Client, o Options, log *slog.Logger) (*Authorizer, error) {
	if o.Version != "v1" && o.Version != "v1beta1" {
		return nil, fmt.Errorf("unsupported webhook authorizer version %q, supported versions are \"v1\", \"v1beta1\"", o.Version)
	}
	compiled, err := compile(o.Conditions)
	if err != nil {
		return nil, err
	}
	return &Authorizer{
		client: client, options: o, apiVersion: "authorization.k8s.io/" + o.Version, conditions: compiled,
		answers: cache.NewLRUExpireCache(remembered), log: log,
	}, nil
}

var (
	errBoth  = errors.New("webhook subject access review returned both allow and deny response")
	errRules = errors.New("webhook authorizer does not support user rule resolution")
)

// Rules says that what another server would allow cannot be listed.
func (w *Authorizer) Rules(context.Context, *resource.UserInfo, string) (authz.RuleSet, error) {
	return authz.RuleSet{Incomplete: true}, errRules
}

// Authorize asks, unless a condition says not to, or the answer is known. A condition that cannot be evaluated counts as a
// server that cannot be asked.
func (w *Authorizer) Authorize(ctx context.Context, a authz.Attributes) (authz.Decision, string, error) {
	q := ask(&a)
	matches, err := w.conditions.match(ctx, &q)
	if err != nil {
		return w.options.OnError, "", err
	}
	if !matches {
		return authz.NoOpinion, "", nil
	}
	if w.options.Version == "v1beta1" {
		q.Group, q.Groups = q.Groups, nil
	}
	key, err := json.Marshal(q)
	if err != nil {
		return w.options.OnError, "", fmt.Errorf("encoding a review: %w", err)
	}
	status, err := w.status(ctx, string(key), &a, q)
	switch {
	case err != nil:
		return w.options.OnError, "", err
	case status.Denied && status.Allowed:
		return authz.Deny, status.Reason, errBoth
	case status.Denied:
		return authz.Deny, status.Reason, nil
	case status.Allowed:
		return authz.Allow, status.Reason, nil
	}
	return authz.NoOpinion, status.Reason, nil
}

func (w *Authorizer) status(ctx context.Context, key string, a *authz.Attributes, q question) (*authorizationv1.SubjectAccessReviewStatus, error) {
	if known, ok := w.answers.Get(key); ok {
		if status, ok := known.(*authorizationv1.SubjectAccessReviewStatus); ok {
			return status, nil
		}
	}
	var answer review
	if err := w.client.Call(ctx, review{APIVersion: w.apiVersion, Kind: "SubjectAccessReview", Spec: q}, &answer); err != nil {
		w.log.Error("an authorization webhook could not be asked", "error", err)
		return nil, err
	}
	if answer.Kind != "SubjectAccessReview" || answer.APIVersion != w.apiVersion {
		return nil, fmt.Errorf("the answer is a %q of %q, not a SubjectAccessReview of %q", answer.Kind, answer.APIVersion, w.apiVersion)
	}
	ttl := w.options.Refused
	if answer.Status.Allowed {
		ttl = w.options.Allowed
	}
	if size := len(a.Namespace) + len(a.Verb) + len(a.Group) + len(a.Version) + len(a.Resource) + len(a.Subresource) + len(a.Name) + len(a.Path); ttl > 0 && size < longest {
		w.answers.Add(key, &answer.Status, ttl)
	}
	return &answer.Status, nil
}
