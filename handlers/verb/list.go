package verb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// list answers GET of a collection.
func (h *Handlers) list(r *pipeline.Request) error {
	answer, err := negotiateList(r)
	if err != nil {
		return err
	}
	options, selection, err := selected(r)
	if err != nil {
		return err
	}
	page, err := h.read(r.Context(), r, options, selection)
	if err != nil {
		return err
	}
	return answer.list(h, r, http.StatusOK, page)
}

// page is one answer to a list.
type page struct {
	items     []storage.KeyValue
	revision  int64
	next      string
	remaining *int64
}

// collectionPrefix is the start of the keys of a request's collection.
func collectionPrefix(r *pipeline.Request) string {
	prefix := r.Resource.Prefix()
	if r.Resource.Namespaced && r.Info.Namespace != "" {
		prefix += r.Info.Namespace + "/"
	}
	return prefix
}

// splitKey is the namespace and the name in the key of one of the collection's objects.
func splitKey(r *pipeline.Request, key string) (namespace, name string) {
	rest := strings.TrimPrefix(key, r.Resource.Prefix())
	if !r.Resource.Namespaced {
		return "", rest
	}
	namespace, name, _ = strings.Cut(rest, "/")
	return namespace, name
}

// chunk is how many objects are read at once when a selector throws most of them away again.
const chunk = 1000

// read collects a page: the objects that match, up to the limit, all of one revision.
func (h *Handlers) read(ctx context.Context, r *pipeline.Request, options metav1.ListOptions, s *selection) (*page, error) {
	if r.Resource.Strategy.Virtual != nil {
		return h.readVirtual(ctx, r, s)
	}
	prefix := collectionPrefix(r)
	from, revision, err := h.listRevision(ctx, options, prefix)
	if err != nil {
		return nil, err
	}
	p := &page{}
	want := storage.ListOptions{From: from, Revision: revision, Limit: options.Limit}
	if !s.everything() && options.Limit > 0 {
		want.Limit = max(options.Limit, chunk)
	}
	if key := s.key(r); key != "" && options.Continue == "" {
		return h.readOne(ctx, r, key, s)
	}
	for {
		got, err := h.Store.List(ctx, prefix, want)
		if err != nil {
			return nil, listError(err, options, r)
		}
		p.revision = got.Revision
		for i, kv := range got.Items {
			ok, err := s.matchesStored(kv.Key, kv.Value, kv.Revision)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kv.Key, err)
			}
			if !ok {
				continue
			}
			p.items = append(p.items, kv)
			if options.Limit > 0 && int64(len(p.items)) == options.Limit {
				left := got.Remaining + int64(len(got.Items)-i-1)
				return p, p.more(kv.Key, prefix, left, s)
			}
		}
		if got.Remaining == 0 || len(got.Items) == 0 {
			return p, nil
		}
		want.From, want.Revision = after(got.Items[len(got.Items)-1].Key), got.Revision
	}
}

// more says how the list goes on after its last key. How many remain is known only when no selector is in play.
func (p *page) more(last, prefix string, left int64, s *selection) (err error) {
	if left == 0 {
		return nil
	}
	if s.everything() {
		p.remaining = &left
	}
	p.next, err = encodeContinue(after(last), prefix, p.revision)
	return err
}

// key is the one key that can match; empty when several can.
func (s *selection) key(r *pipeline.Request) string {
	if s.name == "" || !validName(s.name) || r.Resource.Namespaced && r.Info.Namespace == "" {
		return ""
	}
	return r.Resource.ObjectKey(r.Info.Namespace, s.name)
}

// readOne is a list that only one object can be in.
func (h *Handlers) readOne(ctx context.Context, r *pipeline.Request, key string, s *selection) (*page, error) {
	kv, revision, err := h.Store.Get(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		if revision == 0 {
			if revision, err = h.Store.Revision(ctx); err != nil {
				return nil, storageError(err, r, "")
			}
		}
		return &page{revision: revision}, nil
	}
	if err != nil {
		return nil, storageError(err, r, "")
	}
	p := &page{revision: revision}
	ok, err := s.matchesStored(kv.Key, kv.Value, kv.Revision)
	if ok {
		p.items = append(p.items, kv)
	}
	return p, err
}

// listRevision is where and at which revision a list reads; revision 0 is the newest. A list that is to be no older than
// a revision waits for it a little, as other servers on the same store may know more than this one.
func (h *Handlers) listRevision(ctx context.Context, options metav1.ListOptions, prefix string) (from string, revision int64, err error) {
	if options.Continue != "" {
		if options.ResourceVersion != "" && options.ResourceVersion != "0" {
			return "", 0, apierrors.NewBadRequest("specifying resource version is not allowed when using continue")
		}
		return decodeContinueOf(options.Continue, prefix)
	}
	asked, err := parseVersion(options.ResourceVersion)
	if err != nil {
		return "", 0, apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	if asked == 0 {
		return "", 0, nil
	}
	if options.ResourceVersionMatch == metav1.ResourceVersionMatchExact || options.ResourceVersionMatch == "" && options.Limit > 0 {
		return "", asked, nil
	}
	return "", 0, h.waitFor(ctx, asked)
}

func decodeContinueOf(token, prefix string) (string, int64, error) {
	from, revision, err := decodeContinue(token, prefix)
	if revision < 0 { // a token for the newest state instead of a certain one
		revision = 0
	}
	return from, revision, err
}

func parseVersion(s string) (int64, error) {
	if s == "" || s == "0" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w", field.Invalid(field.NewPath("resourceVersion"), s, err.Error()))
	}
	return int64(n), nil
}

// waitLimit is how long a read waits for a revision that the store has not reached (the original's figure).
const waitLimit = 3 * time.Second

// waitFor waits until the store has reached revision; 504 when it does not in time.
func (h *Handlers) waitFor(ctx context.Context, revision int64) error {
	deadline := time.NewTimer(waitLimit)
	defer deadline.Stop()
	for {
		current, err := h.Store.Revision(ctx)
		if err != nil {
			return apierrors.NewServiceUnavailable(err.Error())
		}
		if current >= revision {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return tooLargeVersion(revision, current)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func tooLargeVersion(asked, current int64) error {
	err := apierrors.NewTimeoutError(fmt.Sprintf("Too large resource version: %d, current: %d", asked, current), 1)
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeResourceVersionTooLarge, Message: "Too large resource version"}}
	return err
}

// listError words the store's errors for a list. When a continued list cannot go on at its revision, the answer carries a
// token that goes on at the newest one, for clients that prefer an inconsistent list to none.
func listError(err error, options metav1.ListOptions, r *pipeline.Request) error {
	switch {
	case errors.Is(err, storage.ErrCompacted) && options.Continue != "":
		from, _, decodeErr := decodeContinue(options.Continue, collectionPrefix(r))
		if decodeErr != nil {
			return decodeErr
		}
		token, encodeErr := encodeContinue(from, collectionPrefix(r), -1)
		if encodeErr != nil {
			return encodeErr
		}
		expired := apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.")
		expired.ErrStatus.ListMeta.Continue = token
		return expired
	case errors.Is(err, storage.ErrFutureRevision):
		asked, _ := parseVersion(options.ResourceVersion)
		return tooLargeVersion(asked, 0)
	}
	return storageError(err, r, "")
}
