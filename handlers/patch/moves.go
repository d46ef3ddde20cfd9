package patch

import (
	"fmt"
	"strconv"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// mostMoves is how many elements of lists a JSON patch may make the library move: it copies the whole list for each element
// that is put in or taken out at an index, some 60 million elements in a second.
const mostMoves = 256 << 20

// checkMoves refuses a JSON patch that would take too long to apply to a document. It counts as if all operations with an index
// were on the longest list that there is.
func (p *jsonPatch) checkMoves(before []byte) error {
	longest := p.longest
	if p.mayMove(len(before)) {
		longest = max(longest, longestList(before))
	}
	if (longest+p.shifts)*p.shifts <= mostMoves {
		return nil
	}
	return apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("the patch inserts and removes elements of long lists by their index, for which more than %d elements are to be moved; use fewer operations, or replace the list", mostMoves))
}

// mayMove says whether a text of this size could have a list that is too long: each element takes two bytes.
func (p *jsonPatch) mayMove(size int) bool { return (size/2+p.shifts)*p.shifts > mostMoves }

// shifts counts the operations that put an element into a list, or take one out, at an index.
func shifts(steps jsonpatch.Patch) (n int) {
	for _, step := range steps {
		switch step.Kind() {
		case "move":
			if from, err := step.From(); err == nil && indexed(from) {
				n++
			}
		case "add", "remove", "copy":
		default:
			continue
		}
		if path, err := step.Path(); err == nil && indexed(path) {
			n++
		}
	}
	return n
}

func indexed(path string) bool {
	_, err := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:])
	return err == nil
}

// longestList is the number of elements of the longest list in a JSON text. In a text that is no JSON it may be anything.
func longestList(text []byte) (most int) {
	var open []int // elements so far of each list that is open; below zero for an object
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '[':
			open = append(open, 1)
		case '{':
			open = append(open, -1)
		case ',':
			if n := len(open); n > 0 && open[n-1] > 0 {
				open[n-1]++
			}
		case ']', '}':
			if n := len(open); n > 0 {
				most = max(most, open[n-1])
				open = open[:n-1]
			}
		}
	}
	return most
}
