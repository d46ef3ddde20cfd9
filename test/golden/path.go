package golden

import (
	"fmt"
	"strconv"
	"strings"
)

// A Path points into a JSON document: .metadata.name, .items[*].metadata.uid, .items[0], .resources[name=pods],
// .data["tls.key"].
type Path struct {
	text  string
	parts []part
}

type part struct {
	key         string // of an object
	index       int    // of an array, when neither all nor field
	all         bool
	field, want string
	array       bool
}

func (p Path) String() string { return p.text }

// ParsePath reads a path; the dot alone is the whole document.
func ParsePath(text string) (Path, error) {
	p := Path{text: text}
	rest := text
	if rest == "." {
		return p, nil
	}
	for rest != "" {
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return p, fmt.Errorf("path %q: empty key", text)
			}
			p.parts = append(p.parts, part{key: rest[1 : end+1]})
			rest = rest[end+1:]
		case strings.HasPrefix(rest, `["`):
			end := strings.Index(rest, `"]`)
			if end < 0 {
				return p, fmt.Errorf(`path %q: no "]`, text)
			}
			p.parts = append(p.parts, part{key: rest[2:end]})
			rest = rest[end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return p, fmt.Errorf("path %q: no ]", text)
			}
			one, err := arrayPart(rest[1:end])
			if err != nil {
				return p, fmt.Errorf("path %q: %w", text, err)
			}
			p.parts = append(p.parts, one)
			rest = rest[end+1:]
		default:
			return p, fmt.Errorf("path %q: want . or [ at %q", text, rest)
		}
	}
	if len(p.parts) == 0 {
		return p, fmt.Errorf("empty path")
	}
	return p, nil
}

func arrayPart(text string) (part, error) {
	if text == "*" {
		return part{array: true, all: true}, nil
	}
	if field, want, ok := strings.Cut(text, "="); ok {
		return part{array: true, field: field, want: want}, nil
	}
	index, err := strconv.Atoi(text)
	if err != nil {
		return part{}, fmt.Errorf("[%s]: want *, a number or field=value", text)
	}
	return part{array: true, index: index}, nil
}

// find returns the nodes that the path reaches, in document order.
func (p Path) find(root *node) []*node {
	at := []*node{root}
	for _, step := range p.parts {
		var next []*node
		for _, n := range at {
			next = append(next, step.of(n)...)
		}
		at = next
	}
	return at
}

func (s part) of(n *node) []*node {
	if !s.array {
		if kid := n.get(s.key); kid != nil {
			return []*node{kid}
		}
		return nil
	}
	if n.kind != arrayNode {
		return nil
	}
	if s.all {
		return n.kids
	}
	if s.field == "" {
		if s.index < len(n.kids) {
			return n.kids[s.index : s.index+1]
		}
		return nil
	}
	var found []*node
	for _, kid := range n.kids {
		if value := kid.get(s.field); value != nil && value.plain() == s.want {
			found = append(found, kid)
		}
	}
	return found
}
