package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

type nodeKind byte

const (
	scalarNode nodeKind = iota
	objectNode
	arrayNode
)

// A node is a JSON value that remembers the order of its keys, because the order in which a server writes fields is
// part of what is compared.
type node struct {
	kind nodeKind
	keys []string
	kids []*node
	text string // a scalar as JSON writes it
}

func parseJSON(data []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	n, err := readNode(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("data after the JSON document")
	}
	return n, nil
}

func readNode(dec *json.Decoder) (*node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return scalar(token), nil
	}
	n := &node{kind: arrayNode}
	if delim == '{' {
		n.kind = objectNode
	}
	for dec.More() {
		if n.kind == objectNode {
			key, err := dec.Token()
			if err != nil {
				return nil, fmt.Errorf("read JSON key: %w", err)
			}
			n.keys = append(n.keys, fmt.Sprint(key))
		}
		kid, err := readNode(dec)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return n, nil
}

// parseYAML refuses JSON, which YAML contains: a server that was asked for YAML and sent JSON is to be noticed.
func parseYAML(data []byte) (*node, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil, fmt.Errorf("JSON where YAML was announced")
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read YAML: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("empty YAML document")
	}
	return fromYAML(doc.Content[0])
}

func fromYAML(y *yaml.Node) (*node, error) {
	n := &node{}
	switch y.Kind {
	case yaml.ScalarNode:
		var value any
		if y.Tag == "!!timestamp" {
			y.Tag = "!!str" // the wire has times as strings
		}
		if err := y.Decode(&value); err != nil {
			return nil, fmt.Errorf("read YAML: %w", err)
		}
		return scalar(value), nil
	case yaml.MappingNode:
		n.kind = objectNode
	case yaml.SequenceNode:
		n.kind = arrayNode
	default:
		return nil, fmt.Errorf("read YAML: no node of kind %d expected", y.Kind)
	}
	for i, content := range y.Content {
		if n.kind == objectNode && i%2 == 0 {
			n.keys = append(n.keys, content.Value)
			continue
		}
		kid, err := fromYAML(content)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	}
	return n, nil
}

func scalar(value any) *node {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		// Only values that a decoder produced come here; none of them fails to encode.
		return &node{text: fmt.Sprintf("%q", fmt.Sprint(value))}
	}
	return &node{text: strings.TrimSpace(b.String())}
}

func (n *node) get(key string) *node {
	if n == nil || n.kind != objectNode {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.kids[i]
		}
	}
	return nil
}

// str is the value of a JSON string.
func (n *node) str() (string, bool) {
	if n == nil || n.kind != scalarNode || !strings.HasPrefix(n.text, `"`) {
		return "", false
	}
	var s string
	if err := json.Unmarshal([]byte(n.text), &s); err != nil {
		return "", false
	}
	return s, true
}

// plain is a string without its quotes, any other value as JSON.
func (n *node) plain() string {
	if s, ok := n.str(); ok {
		return s
	}
	return n.line()
}

func (n *node) set(value string) { *n = *scalar(value) }
