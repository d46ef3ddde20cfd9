package plugins

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	eventsv1 "github.com/gatehouse-dev/gatehouse/gen/types/events/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/admissiontest"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const eventLimits = "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits:\n"

func TestEventRateLimitConfiguration(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "limits: Invalid value: null: must not be empty"},
		{eventLimits, "must not be empty"},
		{eventLimits + "- {type: Server, qps: 1, burst: 1, cacheSize: -1}", ""},
		{eventLimits + "- {type: User, qps: 0, burst: -1, cacheSize: -1}", "[limits[0].burst: Invalid value: -1: must be positive, limits[0].qps: Invalid value: 0: must be positive, limits[0].cacheSize: Invalid value: -1: must not be negative]"},
		{eventLimits + "- {type: Nosuch, qps: 1, burst: 1}", `limits[0].type: Unsupported value: "Nosuch": supported values: "Server", "Namespace", "User", "SourceAndObject"`},
		{"apiVersion: v1\nkind: Configuration\n", `no kind "Configuration" is registered for version "v1"`},
		{"limits: x", "cannot unmarshal"},
	} {
		_, err := newEventRateLimit(&Deps{Now: time.Now}, admission.Configured{Content: []byte(c.text)})
		admissiontest.Check(t, c.text, err, c.want)
	}
}

func TestEventRateLimit(t *testing.T) {
	now := time.Unix(0, 0)
	made := func(limits string) any {
		p, err := newEventRateLimit(&Deps{Now: func() time.Time { return now }}, admission.Configured{Content: []byte(eventLimits + limits)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	event := func(namespace, user, component string) *admission.Attributes {
		e := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "e"}, InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "p"}, Source: corev1.EventSource{Component: component}}
		a := admissiontest.Request(admission.Create, schema.GroupVersionResource{Version: "v1", Resource: "events"}, e, nil)
		a.User = &resource.UserInfo{Name: user}
		return a
	}
	newer := func(component string) *admission.Attributes {
		e := &eventsv1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "e"}, Regarding: corev1.ObjectReference{Kind: "Pod", Name: "p"}, DeprecatedSource: corev1.EventSource{Component: component}}
		return admissiontest.Request(admission.Create, schema.GroupVersionResource{Group: "events.k8s.io", Version: "v1", Resource: "events"}, e, nil)
	}
	dry := event("a", "u", "c")
	dry.DryRun = true
	for _, c := range []struct {
		name, limits string
		first        []*admission.Attributes
		then         *admission.Attributes
		want         string
	}{
		{"all together", "- {type: Server, qps: 1, burst: 2}", []*admission.Attributes{event("a", "u", "c"), event("b", "v", "d")}, event("c", "w", "e"), "Too many requests: limit reached on type Server for key "},
		{"another namespace", "- {type: Namespace, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, event("b", "u", "c"), ""},
		{"a namespace", "- {type: Namespace, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, event("a", "v", "d"), "limit reached on type Namespace for key a"},
		{"a user", "- {type: User, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c"), event("a", "v", "c")}, event("b", "u", "d"), "limit reached on type User for key u"},
		{"a source", "- {type: SourceAndObject, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c"), event("a", "u", "d")}, event("b", "v", "c"), "limit reached on type SourceAndObject for key cPodp"},
		{"by the other road", "- {type: SourceAndObject, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, newer("c"), "for key cPodp"},
		{"two limits", "- {type: User, qps: 1, burst: 1}\n- {type: Namespace, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, event("a", "u", "c"), "[limit reached on type User for key u, limit reached on type Namespace for key a]"},
		{"a dry run", "- {type: Server, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, dry, ""},
		{"no event", "- {type: Server, qps: 1, burst: 1}", []*admission.Attributes{event("a", "u", "c")}, admissiontest.Request(admission.Create, podsResource, podIn("a"), nil), ""},
		{"forgotten for others", "- {type: User, qps: 1, burst: 1, cacheSize: 1}", []*admission.Attributes{event("a", "u", "c"), event("a", "v", "c")}, event("b", "u", "d"), ""},
	} {
		p := made(c.limits)
		for i, a := range c.first {
			admissiontest.Check(t, fmt.Sprint(c.name, i), admissiontest.Run(p, a), "")
		}
		err := admissiontest.Run(p, c.then)
		admissiontest.Check(t, c.name, err, c.want)
		if err != nil && !apierrors.IsTooManyRequests(err) {
			t.Errorf("%s: %v", c.name, err)
		}
		now = now.Add(time.Second)
		admissiontest.Check(t, c.name+" a second later", admissiontest.Run(p, c.then), "")
	}
	p := made("- {type: Server, qps: 100, burst: 3}")
	now = now.Add(time.Hour)
	passed := 0
	for range 10 {
		if admissiontest.Run(p, event("a", "u", "c")) == nil {
			passed++
		}
	}
	if passed != 3 {
		t.Errorf("after an hour %d pass at once", passed)
	}
}

func TestRecent(t *testing.T) {
	r := newRecent[string, int](2)
	r.add("a", 1)
	r.add("b", 2)
	r.add("a", 3)
	if v, found := r.find("a"); v != 3 || !found {
		t.Error(v, found)
	}
	r.add("c", 4)
	if _, found := r.find("b"); found {
		t.Error("what was not used stays")
	}
	if v := r.get("c", func() int { return 9 }); v != 4 {
		t.Error(v)
	}
	if v := r.get("d", func() int { return 9 }); v != 9 || len(r.at) != 2 || r.order.Len() != 2 {
		t.Error(v, len(r.at), r.order.Len())
	}
}
