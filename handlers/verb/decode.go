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
	o, err := w.fill(func(o object.Object) ([]string, error) {
		return codec.Body{Format: format, Data: body, Kind: w.res.GVK(), Validation: strictness}.Decode(o)
	})
	if err == nil {
		auditSent(w.r, o)
	}
	return o, err
}

// decodePatched reads what a patch made of an object.
func (w *write) decodePatched(p *patched, strictness string) (object.Object, error) {
	return w.fill(func(o object.Object) ([]string, error) {
		return codec.Body{Data: p.json, Kind: w.res.GVK(), Validation: strictness}.DecodePatched(o, p.shown, p.strict)
	})
}

// quick is decodePatched for text that has nothing unusual.
func (w *write) quick(text []byte) (object.Object, bool) {
	o, ok := w.res.New().(object.Object)
	if !ok || !(codec.Body{Data: text, Kind: w.res.GVK()}).Quick(o) {
		return nil, false
	}
	if w.res.Default != nil {
		w.res.Default(o)
	}
	return o, true
}

// fill makes an object of what decode reads, sends its warnings and fills its defaults.
func (w *write) fill(decode func(object.Object) ([]string, error)) (object.Object, error) {
	o, ok := w.res.New().(object.Object)
	if !ok {
		return nil, fmt.Errorf("%v has no metadata", w.res.GVK())
	}
	warnings, err := decode(o)
	if err != nil {
		return nil, err
	}
	w.r.Writer.Warn(warnings...)
	if w.res.Default != nil {
		w.res.Default(o)
	}
	return o, nil
}
