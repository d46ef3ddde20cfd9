package kube

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// watcher is a watch that survives its connections.
type watcher struct {
	scope scope
	form  form
	opts  options
	// version is that of the last change that was seen, where the next connection begins; empty before the list.
	version string
	// known are the objects that were told; nil for a watch that began at a version of the caller, which cannot list again.
	known map[types.NamespacedName]identity
	// synced is called when everything that was there at the beginning has been told.
	synced func()
	// attempts are the connections since the last event.
	attempts int
}

// identity tells the states of an object, and objects of one name, apart.
type identity struct {
	uid     types.UID
	version string
}

// change is an event before it has its type.
type change struct {
	kind   watch.EventType
	object any
}

func newWatcher(s scope, f form, opts []Option) *watcher {
	w := &watcher{scope: s, form: f, opts: optionsOf(opts), synced: func() {}}
	w.version = w.opts.take("resourceVersion")
	if w.version == "" || w.version == "0" {
		w.version, w.known = "", map[types.NamespacedName]identity{}
	}
	return w
}

// errStop ends a watch whose loop has ended.
var errStop = errors.New("the loop has ended")

// events tells the changes until the context or the loop ends, or there is an error that waiting does not mend.
func (w *watcher) events(ctx context.Context) iter.Seq2[change, error] {
	return func(yield func(change, error) bool) {
		if w.opts.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, w.opts.timeout)
			defer cancel()
		}
		tell := func(c change) error {
			if c.kind == watch.Bookmark && !w.opts.bookmarks {
				return nil
			}
			if !yield(c, nil) {
				return errStop
			}
			return nil
		}
		connected := false
		for {
			err := w.round(ctx, tell, &connected)
			if ctx.Err() != nil || errors.Is(err, errStop) {
				return
			}
			if expired(err) && w.known != nil {
				w.version = "" // list again
			} else if err != nil && !(connected && passing(err)) {
				yield(change{}, err)
				return
			}
			if w.scope.client.sleep(ctx, reconnect(w.attempts)) != nil {
				return
			}
			w.attempts++
		}
	}
}

// round lists if it has to, and watches over one connection.
func (w *watcher) round(ctx context.Context, tell func(change) error, connected *bool) error {
	if w.version == "" {
		if err := w.list(ctx, tell); err != nil {
			return err
		}
		*connected = true
		w.synced()
	}
	return w.connect(ctx, tell, connected)
}

// list tells how what there is differs from what was told.
func (w *watcher) list(ctx context.Context, tell func(change) error) error {
	opts := []Option{}
	for _, name := range []string{"labelSelector", "fieldSelector"} {
		if v := w.opts.query.Get(name); v != "" {
			opts = append(opts, Set(name, v))
		}
	}
	gone := maps.Clone(w.known)
	version := ""
	for object, err := range w.scope.all(ctx, w.form, func(m *metav1.ListMeta) { version = m.ResourceVersion }, opts) {
		if err != nil {
			return err
		}
		m := meta(object)
		key, now := keyOf(m), identity{m.GetUID(), m.GetResourceVersion()}
		before, told := w.known[key]
		delete(gone, key)
		if told && before.uid != now.uid {
			if err := w.vanished(key, before, tell); err != nil {
				return err
			}
			told = false
		}
		kind := watch.Added
		if told && before.version == now.version {
			continue
		} else if told {
			kind = watch.Modified
		}
		w.known[key] = now
		if err := tell(change{kind, object}); err != nil {
			return err
		}
	}
	for key, before := range gone {
		if err := w.vanished(key, before, tell); err != nil {
			return err
		}
	}
	w.version = version
	return nil
}

// vanished tells that an object is gone of which nothing is left but its name.
func (w *watcher) vanished(key types.NamespacedName, before identity, tell func(change) error) error {
	delete(w.known, key)
	object := w.form.object()
	setKind(object, w.scope.row)
	m := meta(object)
	m.SetName(key.Name)
	m.SetNamespace(key.Namespace)
	m.SetUID(before.uid)
	m.SetResourceVersion(before.version)
	return tell(change{watch.Deleted, object})
}

// connect watches over one connection, from the last version on.
func (w *watcher) connect(ctx context.Context, tell func(change) error, connected *bool) error {
	query := maps.Clone(w.opts.query)
	query.Set("watch", "true")
	query.Set("allowWatchBookmarks", "true")
	query.Set("resourceVersion", w.version)
	query.Del("limit")
	query.Del("resourceVersionMatch")
	if deadline, ok := ctx.Deadline(); ok && w.opts.timeout > 0 {
		query.Set("timeoutSeconds", strconv.Itoa(1+int(time.Until(deadline)/time.Second)))
	}
	resp, err := w.scope.client.do(ctx, request{method: http.MethodGet, path: w.scope.row.path(w.scope.namespace, ""), query: query})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	*connected = true
	lines := newEventReader(resp.Body)
	for {
		kind, object, err := lines.next(w.form)
		if err != nil || kind == "" {
			return err
		}
		w.attempts = 0
		if err := w.heard(kind, object, tell); err != nil {
			return err
		}
	}
}

// heard notes an event and tells it.
func (w *watcher) heard(kind watch.EventType, object any, tell func(change) error) error {
	m := meta(object)
	if m == nil {
		return nil
	}
	w.version = m.GetResourceVersion()
	if w.known != nil {
		switch kind {
		case watch.Added, watch.Modified:
			w.known[keyOf(m)] = identity{m.GetUID(), m.GetResourceVersion()}
		case watch.Deleted:
			delete(w.known, keyOf(m))
		}
	}
	return tell(change{kind, object})
}

func keyOf(m metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: m.GetNamespace(), Name: m.GetName()}
}

// expired says whether the server has forgotten what happened since a version.
func expired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// passing says whether an error may be over after a while: everything but a server's answer below 500, and 429.
func passing(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true
	}
	code := status.Status().Code
	return code >= 500 || code == http.StatusTooManyRequests || code == 0
}
