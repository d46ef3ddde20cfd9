package kube

import (
	"net/url"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Option is an option of one request.
type Option func(*options)

// options are what the options of a request say.
type options struct {
	query url.Values
	// preconditions go into the body of a deletion.
	preconditions *metav1.Preconditions
	// bookmarks shows those of a watch.
	bookmarks bool
	// timeout is the whole time of a watch, however often it connects.
	timeout time.Duration
}

func optionsOf(list []Option) options {
	o := options{query: url.Values{}}
	for _, f := range list {
		f(&o)
	}
	return o
}

// take removes a parameter and returns its value.
func (o *options) take(name string) string {
	v := o.query.Get(name)
	o.query.Del(name)
	return v
}

// Set sets any query parameter.
func Set(name, value string) Option { return func(o *options) { o.query.Set(name, value) } }

// Labels selects by labels: app=web,tier!=db.
func Labels(selector string) Option { return Set("labelSelector", selector) }

// Fields selects by fields: spec.nodeName=n1.
func Fields(selector string) Option { return Set("fieldSelector", selector) }

// Limit is the size of a page.
func Limit(n int) Option { return Set("limit", strconv.Itoa(n)) }

// Continue asks for the page after the one that had this token.
func Continue(token string) Option { return Set("continue", token) }

// ResourceVersion is the version to read at, or to watch from.
func ResourceVersion(v string) Option { return Set("resourceVersion", v) }

// ResourceVersionMatch says how ResourceVersion is meant: Exact or NotOlderThan.
func ResourceVersionMatch(m metav1.ResourceVersionMatch) Option {
	return Set("resourceVersionMatch", string(m))
}

// Timeout ends a watch after this time. Other requests end with their contexts.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Bookmarks shows the bookmarks of a watch, which are for its own use otherwise.
func Bookmarks() Option { return func(o *options) { o.bookmarks = true } }

// DryRun does everything but keep the result.
func DryRun() Option { return Set("dryRun", "All") }

// FieldManager is the name under which a write owns fields, where it is not the client's.
func FieldManager(name string) Option { return Set("fieldManager", name) }

// FieldValidation says what becomes of unknown fields: Strict, Warn or Ignore.
func FieldValidation(how string) Option { return Set("fieldValidation", how) }

// Force lets an apply take fields from other managers.
func Force() Option { return Set("force", "true") }

// GracePeriod is how many seconds a deletion leaves the object to end.
func GracePeriod(seconds int64) Option {
	return Set("gracePeriodSeconds", strconv.FormatInt(seconds, 10))
}

// Propagation says what becomes of an object's dependents when it is deleted.
func Propagation(p metav1.DeletionPropagation) Option { return Set("propagationPolicy", string(p)) }

// UID lets a deletion happen only if the object is the one with this UID.
func UID(uid types.UID) Option {
	return func(o *options) { o.precondition().UID = &uid }
}

// IfVersion lets a deletion happen only if the object has this resourceVersion.
func IfVersion(v string) Option {
	return func(o *options) { o.precondition().ResourceVersion = &v }
}

func (o *options) precondition() *metav1.Preconditions {
	if o.preconditions == nil {
		o.preconditions = &metav1.Preconditions{}
	}
	return o.preconditions
}
