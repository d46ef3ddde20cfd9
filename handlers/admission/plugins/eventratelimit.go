package plugins

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// EventRateLimit refuses events that come faster than its configuration allows: all together, of a namespace, of a user, or of one
// source about one object.
type EventRateLimit struct {
	admission.On
	limits []eventLimit
}

// Types of limits.
const (
	serverLimit          = "Server"
	namespaceLimit       = "Namespace"
	userLimit            = "User"
	sourceAndObjectLimit = "SourceAndObject"
)

var eventLimitTypes = []string{serverLimit, namespaceLimit, userLimit, sourceAndObjectLimit}

// eventBuckets is how many buckets a limit keeps when its configuration does not say.
const eventBuckets = 4096

type eventLimit struct {
	kind    string
	buckets *recent[string, *bucket]
	fresh   func() *bucket
}

type eventLimitConfig struct {
	Type      string `json:"type"`
	QPS       int32  `json:"qps"`
	Burst     int32  `json:"burst"`
	CacheSize int32  `json:"cacheSize"`
}

func newEventRateLimit(d *Deps, c admission.Configured) (any, error) {
	var config struct {
		APIVersion string             `json:"apiVersion"`
		Kind       string             `json:"kind"`
		Limits     []eventLimitConfig `json:"limits"`
	}
	if len(c.Content) > 0 {
		if err := yaml.Unmarshal(c.Content, &config); err != nil {
			return nil, err
		}
		if err := isKind(config.APIVersion, config.Kind, "eventratelimit.admission.k8s.io/v1alpha1", "Configuration"); err != nil {
			return nil, err
		}
	}
	if errs := checkEventLimits(config.Limits); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	p := &EventRateLimit{On: admission.On{admission.Create, admission.Update}}
	for _, l := range config.Limits {
		size := int(l.CacheSize)
		switch {
		case l.Type == serverLimit:
			size = 1
		case size == 0:
			size = eventBuckets
		}
		p.limits = append(p.limits, eventLimit{l.Type, newRecent[string, *bucket](size), func() *bucket {
			return &bucket{now: d.Now, perSecond: float64(l.QPS), most: float64(l.Burst), tokens: float64(l.Burst), at: d.Now()}
		}})
	}
	return p, nil
}

func checkEventLimits(limits []eventLimitConfig) (errs field.ErrorList) {
	path := field.NewPath("limits")
	if len(limits) == 0 {
		return field.ErrorList{field.Invalid(path, limits, "must not be empty")}
	}
	for i, l := range limits {
		at := path.Index(i)
		switch l.Type {
		case serverLimit, namespaceLimit, userLimit, sourceAndObjectLimit:
		default:
			errs = append(errs, field.NotSupported(at.Child("type"), l.Type, eventLimitTypes))
		}
		if l.Burst <= 0 {
			errs = append(errs, field.Invalid(at.Child("burst"), l.Burst, "must be positive"))
		}
		if l.QPS <= 0 {
			errs = append(errs, field.Invalid(at.Child("qps"), l.QPS, "must be positive"))
		}
		if l.Type != serverLimit && l.CacheSize < 0 {
			errs = append(errs, field.Invalid(at.Child("cacheSize"), l.CacheSize, "must not be negative"))
		}
	}
	return errs
}

// Validate implements admission.Validator. Each limit is charged, also when another one refuses. Upstream limits only the events of
// the core group; those of events.k8s.io are the same objects by another road.
func (p *EventRateLimit) Validate(_ context.Context, a *admission.Attributes) error {
	if a.DryRun || a.Resource.Kind != "Event" || a.Resource.KindGroup != "" && a.Resource.KindGroup != "events.k8s.io" {
		return nil
	}
	var errs []error
	for i := range p.limits {
		l := &p.limits[i]
		key := l.key(a)
		if !l.buckets.get(key, l.fresh).take() {
			errs = append(errs, fmt.Errorf("limit reached on type %v for key %v", l.kind, key))
		}
	}
	if err := utilerrors.NewAggregate(errs); err != nil {
		return apierrors.NewTooManyRequestsError(err.Error())
	}
	return nil
}

// key is what an event is counted under.
func (l *eventLimit) key(a *admission.Attributes) string {
	switch {
	case l.kind == namespaceLimit:
		return a.Namespace
	case l.kind == userLimit && a.User != nil:
		return a.User.Name
	case l.kind == sourceAndObjectLimit:
		return sourceAndObject(a.Object)
	}
	return ""
}

func sourceAndObject(o object.Object) string {
	switch e := o.(type) {
	case *corev1.Event:
		of := &e.InvolvedObject
		return strings.Join([]string{e.Source.Component, e.Source.Host, of.Kind, of.Namespace, of.Name, string(of.UID), of.APIVersion}, "")
	case *eventsv1.Event:
		of := &e.Regarding
		return strings.Join([]string{e.DeprecatedSource.Component, e.DeprecatedSource.Host, of.Kind, of.Namespace, of.Name, string(of.UID), of.APIVersion}, "")
	}
	return ""
}

// bucket fills with tokens over time; each event takes one.
type bucket struct {
	now       func() time.Time
	perSecond float64
	most      float64

	mu     sync.Mutex
	tokens float64
	at     time.Time
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.most, b.tokens+passed.Seconds()*b.perSecond)
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
