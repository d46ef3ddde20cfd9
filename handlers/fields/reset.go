package fields

import "strings"

// resetFields is a tree of the fields that an endpoint resets or keeps: a write to it gives nobody the ownership of them. Nil
// resets nothing.
type resetFields struct {
	whole    bool
	children map[string]*resetFields
}

// resetsOf reads paths of field names with dots between them.
func resetsOf(paths []string) *resetFields {
	if len(paths) == 0 {
		return nil
	}
	top := &resetFields{}
	for _, path := range paths {
		r := top
		for _, name := range strings.Split(path, ".") {
			if r.children == nil {
				r.children = map[string]*resetFields{}
			}
			if r.children[name] == nil {
				r.children[name] = &resetFields{}
			}
			r = r.children[name]
		}
		r.whole = true
	}
	return top
}

func (r *resetFields) below(name string) *resetFields {
	if r == nil {
		return nil
	}
	return r.children[name]
}

// all is set when the field and everything below it is reset.
func (r *resetFields) all() bool { return r != nil && r.whole }
