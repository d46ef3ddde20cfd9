package patch

import (
	"encoding/json"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// merge applies a merge patch (RFC 7386). One that has something to be told of is applied by upstream's library, which
// orders the text that errors and warnings go by.
//
// The owners of fields are the longest part of many objects, and hardly any patch names them: they are left out of the text and
// carried over from the live object.
func (p *Patch) merge(res *resource.Resource, before []byte, live object.Object) (object.Object, []string, error) {
	var strict []error
	if p.read == nil {
		plain, found, err := p.plainMerge()
		if err != nil {
			return nil, nil, undecodable(err)
		}
		if strict = found; plain {
			if p.read, err = codec.NewMergePatch(p.body); err != nil {
				return nil, nil, undecodable(err)
			}
			p.keepsOwners = p.read.Remove("metadata", "managedFields")
		}
	}
	if p.read != nil {
		both, err := p.read.Apply(before, before)
		if err != nil {
			return nil, nil, apierrors.NewBadRequest(err.Error())
		}
		p.scratch = both
		if o, ok := quick(res, both[len(before):]); ok {
			if p.keepsOwners {
				o.SetManagedFields(live.GetManagedFields())
			}
			return o, nil, nil
		}
	}
	after, err := jsonpatch.MergePatch(before, p.body)
	if err != nil {
		return nil, nil, apierrors.NewBadRequest(err.Error())
	}
	return p.decode(res, &patched{json: after, shown: string(after), strict: strict})
}

// plainMerge says whether the patch is a JSON object that nothing has to be told of. Another value is refused unless the
// client wants no field validation: then it replaces the whole object.
func (p *Patch) plainMerge() (plain bool, strict []error, err error) {
	if err := codec.CheckWeight(p.body, map[string]any{}); err != nil {
		return false, nil, err
	}
	if p.validation == metav1.FieldValidationIgnore {
		return json.Valid(p.body) && kindOf(p.body) == '{', nil, nil
	}
	var object map[string]any
	if strict, err = kjson.UnmarshalStrict(p.body, &object); err != nil {
		return false, nil, err
	}
	return object != nil && len(strict) == 0, strict, nil
}

// kindOf is the first character of a JSON value, which says of which kind it is; 0 when there is none.
func kindOf(text []byte) byte {
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}
