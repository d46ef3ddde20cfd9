package write

import (
	"context"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Own is the resource.Writer of the server's own parts. It skips authorization and admission, which the request behind such a
// write has passed. Everything else is as for a request.
func (w *Writer) Own() resource.Writer { return own{w} }

type own struct{ *Writer }

func (w own) request(write resource.OwnWrite) (*Request, error) {
	res := write.Row
	if res == nil {
		res = w.Registry.Subresource(write.Resource, write.Subresource)
	}
	if res == nil {
		return nil, fmt.Errorf("%v %s is not served", write.Resource, write.Subresource)
	}
	return &Request{Resource: res, Namespace: write.Namespace, Name: write.Name, DryRun: write.DryRun, FieldManager: write.Manager, own: true, untracked: write.Untracked}, nil
}

// Create implements resource.Writer.
func (w own) Create(ctx context.Context, write resource.OwnWrite, o object.Object) error {
	write.Namespace = o.GetNamespace()
	r, err := w.request(write)
	if err != nil {
		return err
	}
	if r.Resource.Default != nil {
		r.Resource.Default(o)
	}
	result, err := w.Writer.Create(ctx, r, o)
	if err != nil {
		return err
	}
	o.SetResourceVersion(strconv.FormatInt(result.Stored.Revision, 10))
	return nil
}

// Update implements resource.Writer.
func (w own) Update(ctx context.Context, write resource.OwnWrite, change func(object.Object) error) (object.Object, error) {
	r, err := w.request(write)
	if err != nil {
		return nil, err
	}
	result, err := w.Writer.Update(ctx, r, func(_ context.Context, _ *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
		o := object.Copy(live)
		return o, change(o)
	})
	if err != nil {
		return nil, err
	}
	main := r.Resource
	if main.Parent != nil {
		main = main.Parent
	}
	return main.Decode(ctx, result.Stored.Value, result.Stored.Revision)
}

// Delete implements resource.Writer.
func (w own) Delete(ctx context.Context, write resource.OwnWrite, options *metav1.DeleteOptions) error {
	write.DryRun = write.DryRun || len(options.DryRun) > 0
	r, err := w.request(write)
	if err != nil {
		return err
	}
	_, err = w.Writer.Delete(ctx, r, options)
	return err
}

// OwnApply is a server-side apply for parts of the server: it takes the fields of content for the write's manager.
func (w *Writer) OwnApply(ctx context.Context, write resource.OwnWrite, content map[string]any) error {
	r, err := own{w}.request(write)
	if err != nil {
		return err
	}
	_, err = w.Apply(ctx, r, &Configuration{Content: content, Force: true})
	return err
}
