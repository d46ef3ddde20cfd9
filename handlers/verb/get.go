package verb

import (
	"context"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// get answers GET of one object, or of what a subresource is of it.
func (h *Handlers) get(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	if asked := r.Query["export"]; len(asked) > 0 {
		if export, err := strconv.ParseBool(asked[0]); export || err != nil {
			return apierrors.NewBadRequest("the export parameter, deprecated since v1.14, is no longer supported")
		}
	}
	if r.Resource.Strategy.Virtual != nil {
		return h.getVirtual(r, answer)
	}
	key, err := objectKey(r.Resource, r.Info.Namespace, r.Info.Name)
	if err != nil {
		return err
	}
	revision, err := parseVersion(r.Query.Get("resourceVersion"))
	switch {
	case err != nil && r.Resource.Uncached: // what upstream reads from etcd
		return invalidVersion(err)
	case err != nil:
		return err
	}
	var view cache.View
	if revision > 0 {
		view, err = h.atLeast(r, revision)
	} else {
		view, err = h.newest(r.Context(), r, r.Query.Get("resourceVersion"))
	}
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	e := view.Get(key)
	if e == nil {
		return storageError(storage.ErrNotFound, r, r.Info.Name)
	}
	leave, err := h.room.take(r, answer.share()*e.Size())
	if err != nil {
		return err
	}
	defer leave()
	value, release, err := unpack(e)
	if err != nil {
		return err
	}
	defer release()
	return answer.written(h, r, http.StatusOK, storage.KeyValue{Key: e.Key, Value: value, Revision: e.Revision})
}

// newest is a state that has every acknowledged write. At version 0 a client takes any state: then the store, which may be
// away, is not asked, unless the cache is still loading. Upstream has no watch cache for some resources (events), so a read at
// version 0 is a quorum read there; match it.
func (h *Handlers) newest(ctx context.Context, r *pipeline.Request, version string) (cache.View, error) {
	if version == "0" && !r.Resource.Uncached {
		if view, loaded := h.Store.Latest(); loaded {
			return view, nil
		}
	}
	return h.Store.View(ctx)
}
