// Package serviceaccount makes and checks the tokens of service accounts: the ones bound to an audience, a time and an
// object, that the TokenRequest API gives out, and the legacy ones that lie in secrets.
package serviceaccount

import (
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	userPrefix = "system:serviceaccount:"
	// GroupAll has all service accounts; with a namespace behind it, those of that namespace.
	GroupAll    = "system:serviceaccounts"
	groupPrefix = GroupAll + ":"
)

// The extra of a user that tells which pod and node a token was made for.
const (
	extraPodName  = "authentication.kubernetes.io/pod-name"
	extraPodUID   = "authentication.kubernetes.io/pod-uid"
	extraNodeName = "authentication.kubernetes.io/node-name"
	extraNodeUID  = "authentication.kubernetes.io/node-uid"
)

// Ref names an object that a token depends on.
type Ref struct {
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// Bound are the claims under kubernetes.io of a bound token.
type Bound struct {
	Namespace string           `json:"namespace,omitempty"`
	Account   Ref              `json:"serviceaccount,omitempty"`
	Pod       *Ref             `json:"pod,omitempty"`
	Secret    *Ref             `json:"secret,omitempty"`
	Node      *Ref             `json:"node,omitempty"`
	WarnAfter *jwt.NumericDate `json:"warnafter,omitempty"`
}

// claims are all that a token of either kind can say.
type claims struct {
	jwt.Claims
	Kubernetes Bound `json:"kubernetes.io,omitempty"`

	LegacyNamespace  string `json:"kubernetes.io/serviceaccount/namespace,omitempty"`
	LegacySecret     string `json:"kubernetes.io/serviceaccount/secret.name,omitempty"`
	LegacyAccount    string `json:"kubernetes.io/serviceaccount/service-account.name,omitempty"`
	LegacyAccountUID string `json:"kubernetes.io/serviceaccount/service-account.uid,omitempty"`
}

// UserName is the name of a service account as a user.
func UserName(namespace, name string) string { return userPrefix + namespace + ":" + name }

var errUserName = errors.New("Username must be in the form " + UserName("namespace", "name"))

// SplitUserName is the opposite of UserName.
func SplitUserName(user string) (namespace, name string, err error) {
	rest, ok := strings.CutPrefix(user, userPrefix)
	if !ok {
		return "", "", errUserName
	}
	namespace, name, ok = strings.Cut(rest, ":")
	if !ok || len(apivalidation.ValidateNamespaceName(namespace, false)) > 0 || len(apivalidation.ValidateServiceAccountName(name, false)) > 0 {
		return "", "", errUserName
	}
	return namespace, name, nil
}

// GroupsOf are the groups of the service accounts of a namespace.
func GroupsOf(namespace string) []string { return []string{GroupAll, groupPrefix + namespace} }

// user is the owner of a bound token.
func (c *claims) user() resource.UserInfo {
	b := &c.Kubernetes
	u := resource.UserInfo{Name: UserName(b.Namespace, b.Account.Name), UID: b.Account.UID, Groups: GroupsOf(b.Namespace)}
	extra := map[string][]string{}
	if b.Pod != nil && b.Pod.Name != "" && b.Pod.UID != "" {
		extra[extraPodName], extra[extraPodUID] = []string{b.Pod.Name}, []string{b.Pod.UID}
	}
	if b.Node != nil && b.Node.Name != "" {
		extra[extraNodeName] = []string{b.Node.Name}
		if b.Node.UID != "" {
			extra[extraNodeUID] = []string{b.Node.UID}
		}
	}
	if c.ID != "" {
		extra[authn.CredentialID] = []string{CredentialIDOf(c.ID)}
	}
	if len(extra) > 0 {
		u.Extra = extra
	}
	return u
}

// CredentialIDOf is how users and audit events show the id of a token.
func CredentialIDOf(jti string) string { return "JTI=" + jti }

// checkTimes is nil while the token is valid, with a little tolerance for other clocks.
func (c *claims) checkTimes(now time.Time) error {
	switch err := c.Claims.ValidateWithLeeway(jwt.Expected{Time: now}, jwt.DefaultLeeway); {
	case err == nil:
		return nil
	case errors.Is(err, jwt.ErrExpired):
		return errors.New("service account token has expired")
	case errors.Is(err, jwt.ErrNotValidYet):
		return errors.New("service account token is not valid yet")
	case errors.Is(err, jwt.ErrIssuedInTheFuture):
		return errors.New("service account token is issued in the future")
	}
	return errors.New("service account token claims could not be validated due to unexpected validation error")
}

// WarnAt makes every use of the token after t one that the audit log tells of.
func (b *Bound) WarnAt(t time.Time) { b.WarnAfter = jwt.NewNumericDate(t) }
