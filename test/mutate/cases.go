package mutate

import (
	"hash/fnv"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// The modes in which a subject is spoiled.
const (
	modeCreate = "create"
	modeUpdate = "update"
	modeStatus = "status"
	modeBody   = "subresource"
)

// asIs is the object without a change.
const asIs = "as it is"

// cases are the good object and its spoiled ones for a mode; nothing when the resource lacks it.
func (s *subject) cases(mode string, share uint32, deep bool) []spoiled {
	var below func(path []any) bool
	switch mode {
	case modeCreate:
		below = func(path []any) bool { return everywhere(path) && (path[0] != "status" || s.row.CreateStatus) }
		if !s.verb("create") || s.row.Subresource != "" {
			return nil
		}
	case modeUpdate:
		below = func(path []any) bool { return everywhere(path) && path[0] != "status" }
		if !s.verb("update") || s.row.Subresource != "" {
			return nil
		}
	case modeStatus:
		below = func(path []any) bool { return path[0] == "status" }
		if _, ok := s.status(); !ok || s.row.Subresource != "" {
			return nil
		}
	case modeBody:
		below = everywhere
		if s.row.Subresource == "" {
			return nil
		}
	}
	make := resources.Kinds[s.gvk()]
	if make == nil {
		return nil
	}
	out := []spoiled{{asIs, nil, s.body}}
	seen := map[string]bool{}
	for _, c := range spoil(s.body, reflect.TypeOf(make()), below) {
		if n := len(c.path); n == 0 || seen[c.what] {
			continue
		}
		seen[c.what] = true
		every := share
		if !deep && rare(s.row.Kind, c.path) {
			every *= 10
		}
		if sampled(c.what, every) {
			out = append(out, c)
		}
	}
	return out
}

// rare are places that another kind has too, with all of their cases.
func rare(kind string, path []any) bool {
	text := at(path)
	return kind != "Pod" && (strings.Contains(text, ".template.spec.") || strings.Contains(text, "template.spec.jobTemplate")) ||
		strings.Contains(text, ".inlineVolumeSpec.") || kind != "ConfigMap" && slices.Contains([]any{"ownerReferences"}, path[min(1, len(path)-1)])
}

// sampled picks one of so many by the name, so that it is the same one each time.
func sampled(name string, every uint32) bool {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%max(every, 1) == 0
}
