// Package audit tells operators who asked for what and what came of it: a policy chooses, per request, how much is told;
// backends write it to a file or send it to a webhook.
package audit

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Level is how much is told of a request; each has what the one before has.
type Level int

const (
	// None tells nothing.
	None Level = iota
	// Metadata has the user, the request's attributes and the result, and neither body.
	Metadata
	// Request tells what was sent too.
	Request
	// RequestResponse tells what was answered too.
	RequestResponse
)

var levelNames = []string{"None", "Metadata", "Request", "RequestResponse"}

// String is the level's name in policies and events.
func (l Level) String() string { return levelNames[l] }

// MarshalJSON implements json.Marshaler.
func (l Level) MarshalJSON() ([]byte, error) { return json.Marshal(l.String()) }

// The stages of a request at which an event can be told.
const (
	StageReceived = "RequestReceived"
	StageStarted  = "ResponseStarted"
	StageComplete = "ResponseComplete"
	StagePanic    = "Panic"
)

var stages = []string{StageReceived, StageStarted, StageComplete, StagePanic}

// Event is one stage of one request, as audit.k8s.io/v1 has it on the wire.
type Event struct {
	Kind       string `json:"kind,omitempty"`
	APIVersion string `json:"apiVersion,omitempty"`

	Level            Level           `json:"level"`
	AuditID          string          `json:"auditID"`
	Stage            string          `json:"stage"`
	RequestURI       string          `json:"requestURI"`
	Verb             string          `json:"verb"`
	User             User            `json:"user"`
	ImpersonatedUser *User           `json:"impersonatedUser,omitempty"`
	Authentication   *Authentication `json:"authenticationMetadata,omitempty"`
	SourceIPs        []string        `json:"sourceIPs,omitempty"`
	UserAgent        string          `json:"userAgent,omitempty"`
	ObjectRef        *ObjectRef      `json:"objectRef,omitempty"`
	ResponseStatus   *metav1.Status  `json:"responseStatus,omitempty"`
	RequestObject    json.RawMessage `json:"requestObject,omitempty"`
	ResponseObject   json.RawMessage `json:"responseObject,omitempty"`

	RequestReceivedTimestamp metav1.MicroTime  `json:"requestReceivedTimestamp"`
	StageTimestamp           metav1.MicroTime  `json:"stageTimestamp"`
	Annotations              map[string]string `json:"annotations,omitempty"`
}

// User is the user of the request.
type User struct {
	Username string              `json:"username,omitempty"`
	UID      string              `json:"uid,omitempty"`
	Groups   []string            `json:"groups,omitempty"`
	Extra    map[string][]string `json:"extra,omitempty"`
}

// Authentication is how the user came to be the one.
type Authentication struct {
	ImpersonationConstraint string `json:"impersonationConstraint,omitempty"`
}

// ObjectRef is what was asked about.
type ObjectRef struct {
	Resource        string `json:"resource,omitempty"`
	Namespace       string `json:"namespace,omitempty"`
	Name            string `json:"name,omitempty"`
	UID             string `json:"uid,omitempty"`
	APIGroup        string `json:"apiGroup,omitempty"`
	APIVersion      string `json:"apiVersion,omitempty"`
	ResourceVersion string `json:"resourceVersion,omitempty"`
	Subresource     string `json:"subresource,omitempty"`
}

// Sink takes events. Process says whether they are safe: written, or in a buffer that will be. It does not keep the slice,
// but may keep the events, which nobody changes any more.
type Sink interface {
	Process(events ...*Event) bool
	// Close writes what is buffered. Nothing may be processed after it.
	Close()
}

const apiVersion = "audit.k8s.io/v1"
