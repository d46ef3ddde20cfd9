package verb

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Own is the resource.Writer of parts of the server.
type Own struct{ *Handlers }

// Create implements resource.Writer.
func (h Own) Create(ctx context.Context, w resource.OwnWrite, o object.Object) error {
	return h.Objects.Create(ctx, w.Resource, o)
}

// Update implements resource.Writer.
func (h Own) Update(ctx context.Context, w resource.OwnWrite, change func(object.Object) error) (object.Object, error) {
	if w.DryRun {
		o, err := h.Objects.Get(ctx, w.Resource, w.Namespace, w.Name)
		if err == nil {
			err = change(o)
		}
		return o, err
	}
	return h.Objects.Update(ctx, w.Resource, w.Namespace, w.Name, change)
}

// Delete implements resource.Writer.
func (h Own) Delete(ctx context.Context, own resource.OwnWrite, options *metav1.DeleteOptions) error {
	res := h.Objects.Registry.Get(own.Resource)
	if res == nil {
		return fmt.Errorf("%v is not served", own.Resource)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, "/", nil)
	if err != nil {
		return err
	}
	r := &pipeline.Request{
		HTTP: request, Resource: res, User: &resource.UserInfo{}, Writer: &pipeline.ResponseWriter{ResponseWriter: discard{}},
		Info: pipeline.Info{IsResource: true, Verb: "delete", Group: own.Resource.Group, Version: own.Resource.Version, Resource: own.Resource.Resource, Namespace: own.Namespace, Name: own.Name},
	}
	d := deletion{write: &write{Handlers: h.Handlers, r: r, res: res, dryRun: len(options.DryRun) > 0 || own.DryRun}, options: options}
	_, err = d.run(own.Name)
	return err
}

// discard is the answer to a request that nobody waits for: warnings go nowhere.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
