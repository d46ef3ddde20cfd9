package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// maxOperations is the largest number of operations in a JSON patch, maxCopied the most that its copy operations may add to a
// document, in bytes (upstream's figures).
const (
	maxOperations = 10000
	maxCopied     = 3 << 20
)

// The library has no bound of its own and takes it from this variable only; without one, a few copies of copies fill any memory.
func init() { jsonpatch.AccumulatedCopySizeLimit = maxCopied }

// jsonPatchOp is one step of a JSON patch (RFC 6902). It is read only to find unknown and repeated fields, also within the
// value. Error messages name the type, so it has upstream's name.
type jsonPatchOp struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from"`
	Value any    `json:"value"`
}

// jsonPatch is a JSON patch that was read once and is applied as often as other writers come between.
type jsonPatch struct {
	steps jsonpatch.Patch
	// strict are the unknown and repeated fields.
	strict []error
	// shifts is how many operations move the elements of a list, longest the most elements that a list in the patch has.
	shifts, longest int
}

func (p *Patch) operations(before []byte) (*patched, error) {
	if p.json == nil {
		read, err := readOperations(p.body, p.validation)
		if err != nil {
			return nil, err
		}
		p.json = read
	}
	if err := p.json.checkMoves(before); err != nil {
		return nil, err
	}
	after, err := p.json.steps.Apply(before)
	if err != nil {
		return nil, unprocessable(err)
	}
	return &patched{json: after, shown: string(after), strict: p.json.strict}, nil
}

func readOperations(body []byte, validation string) (*jsonPatch, error) {
	p := &jsonPatch{}
	// Counted before they are decoded, where each takes hundreds of bytes.
	if n := codec.CountElements(body); n > maxOperations && json.Valid(body) {
		return nil, tooMany(n)
	}
	if err := codec.CheckWeight(body, []jsonPatchOp{}); err != nil {
		return nil, undecodable(err)
	}
	if validation != metav1.FieldValidationIgnore {
		var operations []jsonPatchOp
		found, err := kjson.UnmarshalStrict(body, &operations)
		if err != nil {
			return nil, undecodable(errors.New(strings.ReplaceAll(err.Error(), "patch.jsonPatchOp", "handlers.jsonPatchOp")))
		}
		for _, e := range found {
			p.strict = append(p.strict, fmt.Errorf("json patch %w", e))
		}
	}
	var err error
	if p.steps, err = jsonpatch.DecodePatch(body); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	p.shifts = shifts(p.steps)
	if p.mayMove(len(body)) {
		p.longest = longestList(body)
	}
	return p, nil
}

func tooMany(n int) error {
	return apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("The allowed maximum operations in a JSON patch is %d, got %d", maxOperations, n))
}
