package verb

import (
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// decode reads the body as the kind of the path and fills its defaults.
func (w *write) decode(body []byte, strictness string) (object.Object, error) {
	o, warnings, err := w.res.Body.Decode(resource.Sent{ContentType: w.r.HTTP.Header.Get("Content-Type"), Data: body, Validation: strictness})
	if err != nil {
		return nil, err
	}
	o = w.fill(o, warnings)
	auditSent(w.r, o)
	return o, nil
}

// decodePatched reads what a patch made of an object.
func (w *write) decodePatched(p *patched, strictness string) (object.Object, error) {
	o, warnings, err := w.res.Body.DecodePatched(resource.Patched{Text: p.json, Shown: p.shown, Strict: p.strict, Validation: strictness})
	if err != nil {
		return nil, err
	}
	return w.fill(o, warnings), nil
}

// quick is decodePatched for text that has nothing unusual.
func (w *write) quick(text []byte) (object.Object, bool) {
	o, ok := w.res.Body.DecodeQuick(text)
	if !ok {
		return nil, false
	}
	return w.fill(o, nil), true
}

// fill sends what there is to say about a body and fills its defaults.
func (w *write) fill(o object.Object, warnings []string) object.Object {
	w.r.Writer.Warn(warnings...)
	if w.res.Default != nil {
		w.res.Default(o)
	}
	return o
}
