package verb

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// decode reads the body as the kind of the path and fills its defaults.
func (w *write) decode(body []byte, strictness string) (object.Object, error) {
	format, err := codec.BodyFormat(w.r.HTTP.Header.Get("Content-Type"), codec.Endpoint{})
	if err != nil {
		return nil, err
	}
	return w.decodeAs(format, body, strictness)
}

// decodePatched reads what a patch made of an object. What is wrong with it is the patch's fault.
func (w *write) decodePatched(body []byte, strictness string) (object.Object, error) {
	return w.decodeAs(codec.JSON, body, strictness)
}

func (w *write) decodeAs(format codec.Format, body []byte, strictness string) (object.Object, error) {
	o, ok := w.res.New().(object.Object)
	if !ok {
		return nil, fmt.Errorf("%v has no metadata", w.res.GVK())
	}
	warnings, err := codec.Body{Format: format, Data: body, Kind: w.res.GVK(), Validation: strictness}.Decode(o)
	if err != nil {
		return nil, err
	}
	w.r.Writer.Warn(warnings...)
	if w.res.Default != nil {
		w.res.Default(o)
	}
	return o, nil
}
