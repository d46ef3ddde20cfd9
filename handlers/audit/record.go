package audit

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// longestAgent is how much of a User-Agent is told.
const longestAgent = 1024

// Auditor tells of requests what its policy says. It is safe for concurrent use.
type Auditor struct {
	Policy *Policy
	Sink   Sink
	Log    *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	events, rejected atomic.Int64
}

// Counts are how many events there were, and how many requests were refused because theirs was lost. A nil Auditor had none.
func (a *Auditor) Counts() (events, rejected int64) {
	if a == nil {
		return 0, 0
	}
	return a.events.Load(), a.rejected.Load()
}

// Record is what there is to tell of one request. It belongs to the request's goroutine, except Annotate, which others
// that work for the request may call.
type Record struct {
	auditor  *Auditor
	received time.Time
	chosen   choice
	// event is nil while nothing is to be told.
	event *Event

	mu          sync.Mutex
	annotations map[string]string
}

// Begin makes the record of a request that has just come: nothing is known of it yet, but there may be annotations.
func (a *Auditor) Begin() *Record { return &Record{auditor: a, received: a.now()} }

func (a *Auditor) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

// Annotate adds an annotation. The first value of a key stays: what was decided first cannot be covered up later.
func (r *Record) Annotate(key, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.annotations == nil {
		r.annotations = map[string]string{}
	}
	if _, taken := r.annotations[key]; !taken {
		r.annotations[key] = value
	}
}

// Choose asks the policy about the request, once its user is known. User is nil when authentication failed.
func (r *Record) Choose(h *http.Request, id string, sources []string, a authz.Attributes) {
	if r.chosen = r.auditor.Policy.choose(&a); r.chosen.level == None {
		return
	}
	agent := h.UserAgent()
	if len(agent) > longestAgent {
		agent = agent[:longestAgent] + "...TRUNCATED"
	}
	r.event = &Event{
		Kind: "Event", APIVersion: apiVersion, Level: r.chosen.level, AuditID: id, RequestURI: h.URL.RequestURI(), Verb: a.Verb,
		SourceIPs: sources, UserAgent: agent, RequestReceivedTimestamp: metav1.NewMicroTime(r.received),
	}
	if a.User != nil {
		r.event.User = userOf(a.User)
	}
	if a.IsResource {
		r.event.ObjectRef = &ObjectRef{
			Namespace: a.Namespace, Name: a.Name, Resource: a.Resource, Subresource: a.Subresource, APIGroup: a.Group, APIVersion: a.Version,
		}
	}
}

// Enabled says whether anything is told.
func (r *Record) Enabled() bool { return r != nil && r.event != nil }

// Impersonated tells whom the request was made as.
func (r *Record) Impersonated(u *resource.UserInfo, constraint string) {
	if !r.Enabled() {
		return
	}
	as := userOf(u)
	r.event.ImpersonatedUser = &as
	if constraint != "" {
		r.event.Authentication = &Authentication{ImpersonationConstraint: constraint}
	}
}

func userOf(u *resource.UserInfo) User {
	return User{Username: u.Name, UID: u.UID, Groups: u.Groups, Extra: u.Extra}
}

// Object is what the identity of a sent object is taken from.
type Object interface {
	GetNamespace() string
	GetName() string
	GetResourceVersion() string
}

// Sent tells what was sent. The object names what the path does not; encode is called only if the policy wants the body.
func (r *Record) Sent(o Object, uid string, encode func() ([]byte, error)) {
	if !r.Enabled() {
		return
	}
	if ref := r.event.ObjectRef; ref != nil && o != nil {
		fill := func(to *string, from string) {
			if *to == "" {
				*to = from
			}
		}
		fill(&ref.Namespace, o.GetNamespace())
		fill(&ref.Name, o.GetName())
		fill(&ref.UID, uid)
		fill(&ref.ResourceVersion, o.GetResourceVersion())
	}
	if r.chosen.level >= Request {
		r.event.RequestObject = r.body(encode)
	}
}

// WantsAnswer says whether the policy wants what is answered.
func (r *Record) WantsAnswer() bool { return r.Enabled() && r.chosen.level >= RequestResponse }

// Answered tells what is answered, if the policy wants it.
func (r *Record) Answered(encode func() ([]byte, error)) {
	if r.WantsAnswer() {
		r.event.ResponseObject = r.body(encode)
	}
}

// body is what encode makes, without managed fields if the policy does not want them. What cannot be encoded is not told.
func (r *Record) body(encode func() ([]byte, error)) json.RawMessage {
	b, err := encode()
	if err == nil && r.chosen.omitManagedFields {
		b, err = withoutManagedFields(b)
	}
	if err == nil && !json.Valid(b) {
		err = errNotJSON
	}
	if err != nil {
		r.auditor.Log.Error("encoding for the audit log", "auditID", r.event.AuditID, "error", err)
		return nil
	}
	return slices.Clone(b)
}

// Status tells how the request ended.
func (r *Record) Status(s *metav1.Status) {
	if r.Enabled() {
		r.event.ResponseStatus = &metav1.Status{Status: s.Status, Message: s.Message, Reason: s.Reason, Details: s.Details, Code: s.Code}
	}
}

// Code tells the code that was answered, where nothing told it yet.
func (r *Record) Code(code int) {
	if !r.Enabled() {
		return
	}
	if r.event.ResponseStatus == nil {
		r.event.ResponseStatus = &metav1.Status{}
	}
	if r.event.ResponseStatus.Code == 0 {
		r.event.ResponseStatus.Code = int32(code)
	}
}

// Tell tells the event as it is at a stage, unless the policy leaves that out. False means that it is lost.
func (r *Record) Tell(stage string) bool {
	if !r.Enabled() || slices.Contains(r.chosen.omitStages, stage) {
		return true
	}
	e := *r.event
	e.Stage, e.StageTimestamp = stage, metav1.NewMicroTime(r.auditor.now())
	if stage == StageReceived {
		e.StageTimestamp = e.RequestReceivedTimestamp
	}
	if e.ObjectRef != nil {
		ref := *e.ObjectRef
		e.ObjectRef = &ref
	}
	r.mu.Lock()
	e.Annotations = maps.Clone(r.annotations)
	r.mu.Unlock()
	r.auditor.events.Add(1)
	kept := r.auditor.Sink.Process(&e)
	if !kept && stage == StageReceived {
		r.auditor.rejected.Add(1)
	}
	return kept
}
