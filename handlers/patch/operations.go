package patch

import (
	"encoding/json"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kjson "sigs.k8s.io/json"
)

// maxOperations is the largest number of operations in a JSON patch, maxCopied the most that its copy operations may add to a
// document, in bytes (upstream's figures).
const (
	maxOperations = 10000
	maxCopied     = 3 << 20
)

// The library has no bound of its own and takes it from this variable only; without one, a few copies of copies fill any memory.
func init() { jsonpatch.AccumulatedCopySizeLimit = maxCopied }

// operation is one step of a JSON patch (RFC 6902), to find fields that it does not have.
type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from"`
	Value json.RawMessage `json:"value"`
}

func (p *Patch) operations(before []byte) (*patched, error) {
	var operations []operation
	strict, err := kjson.UnmarshalStrict(p.body, &operations)
	if err != nil {
		return nil, undecodable(err)
	}
	patch, err := jsonpatch.DecodePatch(p.body)
	if err != nil {
		return nil, undecodable(err)
	}
	if len(patch) > maxOperations {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("The allowed maximum operations in a JSON patch is %d, got %d", maxOperations, len(patch)))
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, unprocessable(err)
	}
	return &patched{json: after, shown: string(after), strict: strict}, nil
}
