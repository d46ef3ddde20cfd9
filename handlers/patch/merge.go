package patch

import (
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// merge refuses a patch that is not a JSON object: a merge patch (RFC 7386) of another kind would replace the whole
// object. A patch that has something to be told of is applied by the library of the original, which orders the text that
// errors and warnings go by.
func (p *Patch) merge(res *resource.Resource, before []byte) (object.Object, []string, error) {
	var strict []error
	if p.read == nil {
		var object map[string]any
		var err error
		if strict, err = kjson.UnmarshalStrict(p.body, &object); err != nil {
			return nil, nil, undecodable(err)
		}
		if object != nil && len(strict) == 0 {
			if p.read, err = codec.NewMergePatch(p.body); err != nil {
				return nil, nil, undecodable(err)
			}
		}
	}
	if p.read != nil {
		both, err := p.read.Apply(before, before)
		if err != nil {
			return nil, nil, apierrors.NewBadRequest(err.Error())
		}
		p.scratch = both
		if o, ok := quick(res, both[len(before):]); ok {
			return o, nil, nil
		}
	}
	after, err := jsonpatch.MergePatch(before, p.body)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
	}
	return p.decode(res, &patched{json: after, shown: string(after), strict: strict})
}
