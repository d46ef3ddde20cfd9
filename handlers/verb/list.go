package verb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// list answers GET of a collection.
func (h *Handlers) list(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	options, selection, err := selected(r)
	if err != nil {
		return err
	}
	page, err := h.counted(r.Context(), r, options, selection)
	if err != nil {
		return err
	}
	if page, err = h.servedPage(r.Context(), r.Resource, page); err != nil {
		return err
	}
	return answer.list(h, r, http.StatusOK, page)
}

// collectionPrefix is the start of the keys of a request's collection.
func collectionPrefix(r *pipeline.Request) string {
	return r.Resource.Keys().Within(r.Info.Namespace)
}

// namespace is the only one whose objects can match; "" when those of any can.
func (s *selection) namespace(r *pipeline.Request) string {
	if r.Resource.Namespaced && r.Info.Namespace == "" {
		if exact, ok := s.fields.RequiresExactMatch(namespaceField); ok && validName(exact) {
			return exact
		}
	}
	return r.Info.Namespace
}

// key is the one key that can match; empty when several can.
func (s *selection) key(r *pipeline.Request) string {
	namespace := s.namespace(r)
	if s.name == "" || !validName(s.name) || r.Resource.Namespaced && namespace == "" {
		return ""
	}
	return r.Resource.ObjectKey(namespace, s.name)
}

// listRevision is where a list reads, and at exactly or at least which revision; 0 is the newest.
func listRevision(options metav1.ListOptions, prefix string) (from string, exact, least int64, err error) {
	if options.Continue != "" {
		from, exact, err = decodeContinueOf(options.Continue, prefix)
		if err == nil && options.ResourceVersion != "" && options.ResourceVersion != "0" {
			err = apierrors.NewBadRequest("specifying resource version is not allowed when using continue")
		}
		return from, exact, 0, err
	}
	asked, err := parseVersion(options.ResourceVersion)
	if err != nil {
		return "", 0, 0, invalidVersion(err)
	}
	if options.ResourceVersionMatch == metav1.ResourceVersionMatchExact || options.ResourceVersionMatch == "" && options.Limit > 0 {
		return "", asked, 0, nil
	}
	return "", 0, asked, nil
}

func decodeContinueOf(token, prefix string) (string, int64, error) {
	from, revision, err := decodeContinue(token, prefix)
	if revision < 0 { // a token for the newest state instead of a certain one
		revision = 0
	}
	return from, revision, err
}

func invalidVersion(err error) error {
	return apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
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

// waitLimit is how long a read waits for a revision that the store has not reached (upstream's figure).
const waitLimit = 3 * time.Second

// atLeast is a state no older than a revision, which other servers on the same store may have seen before this one; 504
// when it does not come in time.
func (h *Handlers) atLeast(r *pipeline.Request, revision int64) (cache.View, error) {
	limited, cancel := context.WithTimeout(r.Context(), waitLimit)
	defer cancel()
	view, err := h.Store.AtLeast(limited, revision)
	if err != nil && limited.Err() != nil && r.Context().Err() == nil {
		return view, h.tooLargeVersion(r, revision)
	}
	return view, err
}

// tooLargeVersion is the 504 for a revision that has not happened. Where upstream has no watch cache, which could lag behind,
// it does not ask clients to retry.
func (h *Handlers) tooLargeVersion(r *pipeline.Request, asked int64) error {
	again := 1
	if r.Resource.Uncached {
		again = 0
	}
	now, _ := h.Store.Latest()
	err := apierrors.NewTimeoutError(fmt.Sprintf("Too large resource version: %d, current: %d", asked, now.Revision), again)
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeResourceVersionTooLarge, Message: "Too large resource version"}}
	return err
}

// listError words the store's errors for a list, which is of exactly a revision or, where that is 0, is not. When a continued
// list cannot go on at its revision, the answer carries a token that goes on at the newest one, for clients that prefer an
// inconsistent list to none.
func (h *Handlers) listError(err error, options metav1.ListOptions, r *pipeline.Request, exact int64) error {
	switch {
	case err == nil:
		return nil
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
		return h.tooLargeVersion(r, exact)
	}
	return storageError(err, r, "")
}
