package verb

import (
	"errors"
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// update answers PUT: it replaces an object, or what a subresource is of it.
func (h *Handlers) update(r *pipeline.Request) error {
	options, err := updateOptions(r)
	if err != nil {
		return err
	}
	w, o, answer, err := h.receive(r, options.DryRun, options.FieldValidation)
	if err != nil {
		return err
	}
	if err := checkName(r, o); err != nil {
		return err
	}
	kv, err := w.change(func(_ storage.KeyValue, old object.Object) (object.Object, error) {
		return w.merge(object.Copy(o), old)
	})
	if errors.Is(err, storage.ErrNotFound) && w.res.CreateOnUpdate && w.res.Parent == nil {
		if kv, err = w.insert(o); err != nil {
			return err
		}
		return answer.stored(h, r, http.StatusCreated, kv)
	}
	if err != nil {
		return storageError(err, r, r.Info.Name)
	}
	return answer.written(w, http.StatusOK, kv)
}

// merge makes of a body what the stored object becomes. For most resources that is the body itself; for a subresource of
// another kind it is the live object with the body applied.
func (w *write) merge(body, old object.Object) (object.Object, error) {
	if w.res.Strategy.Apply == nil {
		return body, nil
	}
	o := object.Copy(old)
	if err := w.res.Strategy.Apply(w.context(), body, o); err != nil {
		return nil, err
	}
	o.SetResourceVersion(body.GetResourceVersion())
	if body.GetUID() != "" {
		o.SetUID(body.GetUID())
	}
	return o, nil
}

// change replaces the live object by what next makes of it, once per attempt until no other writer comes between.
func (w *write) change(next func(current storage.KeyValue, old object.Object) (object.Object, error)) (kv storage.KeyValue, err error) {
	main := w.main()
	key, err := objectKey(main, w.r.Info.Namespace, w.r.Info.Name)
	if err != nil {
		return kv, err
	}
	deleted := false
	var last object.Object
	kv, err = w.apply(w.context(), key, func(current storage.KeyValue) ([]byte, error) {
		w.finish(false)
		ctx := w.context()
		w.try()
		old, err := main.Codec.Decode(current.Value, current.Revision)
		if err != nil {
			return nil, err
		}
		o, err := next(current, old)
		if err != nil {
			return nil, err
		}
		if err := w.update(ctx, o, old); err != nil {
			return nil, err
		}
		if last = o; main.Strategy.Release != nil && w.finished(o, old) {
			main.Strategy.Release(ctx, w.attempt, o)
		}
		if deleted = w.finished(o, old); deleted && !w.dryRun {
			return nil, nil
		}
		return w.encode(o)
	})
	w.finish(err == nil)
	if err != nil {
		return kv, err
	}
	if deleted && !w.dryRun {
		if kv.Value, err = w.encode(last); err != nil {
			return kv, err
		}
	}
	return kv, nil
}
