// Package modes puts the authorizers together, in the order that the command line or a configuration file says.
package modes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The modes.
const (
	AlwaysAllow = "AlwaysAllow"
	AlwaysDeny  = "AlwaysDeny"
	ABAC        = "ABAC"
	Webhook     = "Webhook"
	RBAC        = "RBAC"
	Node        = "Node"
)

// All are the modes there are, in the order of messages.
var All = []string{ABAC, AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook}

// Configuration is an AuthorizationConfiguration.
type Configuration struct {
	APIVersion  string  `json:"apiVersion"`
	Kind        string  `json:"kind"`
	Authorizers []Entry `json:"authorizers"`
}

// Entry is one authorizer.
type Entry struct {
	Type    string        `json:"type"`
	Name    string        `json:"name"`
	Webhook *WebhookEntry `json:"webhook,omitempty"`
}

// WebhookEntry says how a server is asked.
type WebhookEntry struct {
	AuthorizedTTL             metav1.Duration `json:"authorizedTTL"`
	CacheAuthorizedRequests   *bool           `json:"cacheAuthorizedRequests,omitempty"`
	UnauthorizedTTL           metav1.Duration `json:"unauthorizedTTL"`
	CacheUnauthorizedRequests *bool           `json:"cacheUnauthorizedRequests,omitempty"`
	Timeout                   metav1.Duration `json:"timeout"`
	Version                   string          `json:"subjectAccessReviewVersion"`
	ConditionVersion          string          `json:"matchConditionSubjectAccessReviewVersion"`
	FailurePolicy             string          `json:"failurePolicy"`
	Connection                Connection      `json:"connectionInfo"`
	Conditions                []Condition     `json:"matchConditions"`
}

// Connection is where a server is.
type Connection struct {
	Type           string  `json:"type"`
	KubeConfigFile *string `json:"kubeConfigFile"`
}

// Condition is a CEL expression over the review.
type Condition struct {
	Expression string `json:"expression"`
}

// versions of the file that are read. They do not differ.
var versions = []string{"apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"}

// Parse reads the content of a configuration file, fills its defaults and finds what is wrong with it.
func Parse(text []byte) (*Configuration, error) {
	c := &Configuration{}
	if err := yaml.UnmarshalStrict(text, c); err != nil {
		return nil, fmt.Errorf("failed to load AuthorizationConfiguration from file: %w", err)
	}
	if c.Kind != "AuthorizationConfiguration" || !slices.Contains(versions, c.APIVersion) {
		return nil, fmt.Errorf("failed to load AuthorizationConfiguration from file: kind %q of %q is not an AuthorizationConfiguration", c.Kind, c.APIVersion)
	}
	for _, e := range c.Authorizers {
		if w := e.Webhook; w != nil {
			w.setDefaults()
		}
	}
	if errs := c.faults(); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	var errs []error
	for _, e := range c.Authorizers {
		if want := strings.ToLower(e.Type); e.Type != Webhook && e.Name != want {
			errs = append(errs, fmt.Errorf("expected name %s for authorizer %s instead of %s", want, e.Type, e.Name))
		}
	}
	return c, errors.Join(errs...)
}

func (w *WebhookEntry) setDefaults() {
	if w.AuthorizedTTL.Duration == 0 {
		w.AuthorizedTTL.Duration = 5 * time.Minute
	}
	if w.UnauthorizedTTL.Duration == 0 {
		w.UnauthorizedTTL.Duration = 30 * time.Second
	}
}

// Flags are the same things on the command line: each mode once, and one webhook.
type Flags struct {
	Modes                       []string
	WebhookFile, WebhookVersion string
	Authorized, Unauthorized    time.Duration
}

// Configuration is what the flags say. A webhook of the command line that does not answer leaves the decision to others.
func (f Flags) Configuration() *Configuration {
	c := &Configuration{}
	for _, mode := range f.Modes {
		e := Entry{Type: mode, Name: strings.ToLower(mode)}
		if mode == Webhook {
			cached := func(ttl time.Duration) *bool { yes := ttl != 0; return &yes }
			e.Name = "default"
			e.Webhook = &WebhookEntry{
				AuthorizedTTL: metav1.Duration{Duration: f.Authorized}, CacheAuthorizedRequests: cached(f.Authorized),
				UnauthorizedTTL: metav1.Duration{Duration: f.Unauthorized}, CacheUnauthorizedRequests: cached(f.Unauthorized),
				Timeout: metav1.Duration{Duration: 30 * time.Second}, Version: f.WebhookVersion, FailurePolicy: "NoOpinion",
				Connection: Connection{Type: "KubeConfigFile", KubeConfigFile: &f.WebhookFile},
			}
		}
		c.Authorizers = append(c.Authorizers, e)
	}
	return c
}

// Has says whether an authorizer of the type is in the configuration.
func (c *Configuration) Has(mode string) bool {
	return slices.ContainsFunc(c.Authorizers, func(e Entry) bool { return e.Type == mode })
}
