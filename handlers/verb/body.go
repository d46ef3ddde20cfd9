package verb

import (
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// decode reads the body as the kind of the path and fills its defaults. Warnings about it reach the client also without
// the write.
func decode(r *pipeline.Request, body []byte, validation string) (object.Object, error) {
	o, warnings, err := r.Resource.Body.Decode(resource.Sent{ContentType: r.HTTP.Header.Get("Content-Type"), Data: body, Validation: validation})
	if err != nil {
		return nil, err
	}
	r.Writer.Warn(warnings...)
	if fill := r.Resource.Default; fill != nil {
		fill(o)
	}
	auditSent(r, o)
	return o, nil
}
