package verb

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// errVersionOnCreate: a new object cannot know the version that the store will give it.
var errVersionOnCreate = errors.New("resourceVersion should not be set on objects to be created")

// create answers POST: it stores a new object, or carries out the action of a resource that stores none.
func (h *Handlers) create(r *pipeline.Request) error {
	options, err := createOptions(r)
	if err != nil {
		return err
	}
	w, o, answer, err := h.receive(r, options.DryRun, options.FieldValidation)
	if err != nil {
		return err
	}
	if r.Resource.Strategy.Create != nil {
		return w.act(o, answer)
	}
	if o.GetResourceVersion() != "" && o.GetResourceVersion() != "0" {
		return pipeline.ClientFault{Err: errVersionOnCreate}
	}
	kv, err := w.insert(o)
	if err != nil {
		return err
	}
	return answer.stored(h, r, http.StatusCreated, kv)
}

// insert stores a new object. A name that was generated and exists already is made anew a few times.
func (w *write) insert(o object.Object) (storage.KeyValue, error) {
	generated := o.GetName() == "" && o.GetGenerateName() != ""
	for attempt := 1; ; attempt++ {
		fresh := o
		if generated {
			fresh = object.Copy(o)
		}
		w.beginCreate(fresh)
		kv, err := w.insertOnce(fresh)
		if generated && attempt < nameAttempts && apierrors.IsAlreadyExists(err) {
			continue
		}
		if o.GetGenerateName() != "" && apierrors.IsAlreadyExists(err) {
			err = apierrors.NewGenerateNameConflict(w.res.GroupResource(), fresh.GetName(), 1)
		}
		return kv, err
	}
}

func (w *write) insertOnce(o object.Object) (kv storage.KeyValue, err error) {
	ctx := w.context()
	w.try()
	defer func() { w.finish(err == nil) }()
	if err := w.create(ctx, o); err != nil {
		return kv, err
	}
	main := w.main()
	kv.Key = main.ObjectKey(o.GetNamespace(), o.GetName())
	if kv.Value, err = w.encode(o); err != nil {
		return kv, err
	}
	if w.dryRun {
		return kv, w.absent(ctx, kv.Key, o.GetName())
	}
	kv.Revision, err = w.Store.Create(ctx, kv.Key, kv.Value, main.Lifetime())
	if errors.Is(err, storage.ErrExists) {
		return kv, w.exists(ctx, kv.Key, o.GetName())
	}
	return kv, storageError(err, w.r, o.GetName())
}

// exists is the answer to the create of what is there already. One that is only waiting for its end is worth another try
// later, so that is said.
func (w *write) exists(ctx context.Context, key, name string) error {
	exists := apierrors.NewAlreadyExists(w.res.GroupResource(), name)
	if kv, _, err := w.Store.Get(ctx, key); err == nil {
		if old, err := w.main().Codec.Decode(kv.Value, kv.Revision); err == nil && old.GetDeletionTimestamp() != nil {
			exists.ErrStatus.Message = "object is being deleted: " + exists.ErrStatus.Message
		}
	}
	return exists
}

// absent is what a dry run finds out instead of storing.
func (w *write) absent(ctx context.Context, key, name string) error {
	_, _, err := w.Store.Get(ctx, key)
	switch {
	case err == nil:
		return w.exists(ctx, key, name)
	case errors.Is(err, storage.ErrNotFound):
		return nil
	}
	return storageError(err, w.r, name)
}

// act carries out a resource that is an action: a binding, an eviction, a review.
func (w *write) act(o object.Object, answer *answer) error {
	ctx := w.context()
	w.try()
	stored := false
	defer func() { w.finish(stored) }()
	if err := w.Admission.Admit(ctx, w.attributes(w.r, "CREATE", o, nil, w.dryRun)); err != nil {
		return err
	}
	if err := w.Admission.Validate(ctx, w.attributes(w.r, "CREATE", o, nil, w.dryRun)); err != nil {
		return err
	}
	result, err := w.res.Strategy.Create(ctx, w.attempt, o)
	if err != nil {
		return err
	}
	stored = true
	if status, ok := result.(*metav1.Status); ok && status.Code == 0 {
		status.Code = http.StatusCreated
	}
	return answer.object(w.Handlers, w.r, http.StatusCreated, result)
}

// version is a revision as clients see it; what was never stored has none.
func version(revision int64) string {
	if revision == 0 {
		return ""
	}
	return strconv.FormatInt(revision, 10)
}
