package schema

import (
	"cmp"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"sync"
	"unique"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// compile makes the nodes of a schema. Nil means that the libraries must judge it, or find it beyond use.
func (p *Pool) compile(text []byte) *node {
	var s map[string]any
	if utiljson.Unmarshal(text, &s) != nil || s == nil {
		return nil
	}
	c := compiler{pool: p, strip: validation.StripUnsupportedFormatsPostProcessorForVersion(environment.DefaultCompatibilityVersion())}
	n := c.node(s)
	if c.foreign {
		return nil
	}
	return n
}

type compiler struct {
	pool  *Pool
	strip func(*spec.Schema) error
	// foreign: there is something that only the libraries know.
	foreign bool
}

// get reads a member of a schema; its zero value where there is none.
func get[T any](c *compiler, s map[string]any, key string) (out T) {
	v, found := s[key]
	if !found {
		return out
	}
	out, ok := v.(T)
	if !ok {
		c.foreign = true
	}
	return out
}

func name(s string) string { return unique.Make(s).Value() }

func (c *compiler) names(s map[string]any, key string) (out []string) {
	for _, v := range get[[]any](c, s, key) {
		text, ok := v.(string)
		if !ok {
			c.foreign = true
		}
		out = append(out, name(text))
	}
	return out
}

func (c *compiler) number(s map[string]any, key string) *float64 {
	switch v := s[key].(type) {
	case int64:
		f := float64(v)
		return &f
	case float64:
		return &v
	case nil:
		return nil
	}
	c.foreign = true
	return nil
}

func (c *compiler) count(s map[string]any, key string) *int64 {
	switch v := s[key].(type) {
	case int64:
		return &v
	case nil:
		return nil
	}
	c.foreign = true
	return nil
}

func (c *compiler) sub(s map[string]any, key string) *node {
	if sub := get[map[string]any](c, s, key); sub != nil {
		return c.node(sub)
	}
	return nil
}

func (c *compiler) subs(s map[string]any, key string) (out []*node) {
	for _, v := range get[[]any](c, s, key) {
		sub, ok := v.(map[string]any)
		if !ok {
			c.foreign = true
			continue
		}
		out = append(out, c.node(sub))
	}
	return out
}

// foreigners are not for structural schemas.
var foreigners = []string{"id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"}

// node makes the node of a schema, its content first.
func (c *compiler) node(s map[string]any) *node {
	n := &node{required: c.names(s, "required"), items: c.sub(s, "items")}
	for _, key := range foreigners {
		if _, found := s[key]; found {
			c.foreign = true
		}
	}
	if text := get[string](c, s, "type"); text != "" {
		if n.types = typeNames[text]; n.types == 0 {
			c.foreign = true
		}
	}
	for key, flag := range map[string]flags{"nullable": nullable, "x-kubernetes-preserve-unknown-fields": preserve, "x-kubernetes-embedded-resource": embeds, "x-kubernetes-int-or-string": intOrString} {
		if get[bool](c, s, key) {
			n.flags |= flag
		} else if _, found := s[key]; found && flag == preserve {
			c.foreign = true
		}
	}
	switch v := s["additionalProperties"].(type) {
	case nil:
	case bool:
		n.flags |= map[bool]flags{true: anyMore, false: noMore}[v]
	case map[string]any:
		n.addl = c.node(v)
	default:
		c.foreign = true
	}
	c.properties(n, get[map[string]any](c, s, "properties"))
	c.formatOf(n, get[string](c, s, "format"))
	c.rare(n, s)
	n.learn()
	return c.pool.share(n)
}

func (c *compiler) properties(n *node, properties map[string]any) {
	if len(properties) == 0 {
		return
	}
	n.props = make([]prop, 0, len(properties))
	for k, v := range properties {
		sub, ok := v.(map[string]any)
		if !ok {
			c.foreign = true
			continue
		}
		n.props = append(n.props, prop{name(k), c.node(sub)})
	}
	slices.SortFunc(n.props, func(a, b prop) int { return cmp.Compare(a.name, b.name) })
}

// formatOf sets the format, and whether values are held to it.
func (c *compiler) formatOf(n *node, format string) {
	if format == "" {
		return
	}
	n.format = name(format)
	probe := &spec.Schema{SchemaProps: spec.SchemaProps{Format: format}}
	for text, t := range typeNames {
		if n.types == t {
			probe.Type = []string{text}
		}
	}
	if n.is(intOrString) {
		probe.Type = []string{"integer", "string"}
	}
	if c.strip(probe) == nil && probe.Format != "" {
		n.flags |= checked
	}
}

// rare reads what few schemas have.
func (c *compiler) rare(n *node, s map[string]any) {
	m := &more{
		enum: get[[]any](c, s, "enum"), pattern: get[string](c, s, "pattern"),
		min: c.number(s, "minimum"), max: c.number(s, "maximum"), multipleOf: c.number(s, "multipleOf"),
		exclusiveMin: get[bool](c, s, "exclusiveMinimum"), exclusiveMax: get[bool](c, s, "exclusiveMaximum"),
		minLength: c.count(s, "minLength"), maxLength: c.count(s, "maxLength"), minItems: c.count(s, "minItems"), maxItems: c.count(s, "maxItems"),
		minProperties: c.count(s, "minProperties"), maxProperties: c.count(s, "maxProperties"), uniqueness: get[bool](c, s, "uniqueItems"),
		allOf: c.subs(s, "allOf"), anyOf: c.subs(s, "anyOf"), oneOf: c.subs(s, "oneOf"), not: c.sub(s, "not"), def: s["default"],
		listType: get[string](c, s, "x-kubernetes-list-type"), mapType: get[string](c, s, "x-kubernetes-map-type"), keys: c.names(s, "x-kubernetes-list-map-keys"),
	}
	some := m.pattern != "" || m.exclusiveMin || m.exclusiveMax || m.uniqueness || m.not != nil || m.def != nil || m.listType != "" || m.mapType != ""
	for _, length := range []int{len(m.enum), len(m.allOf), len(m.anyOf), len(m.oneOf), len(m.keys)} {
		some = some || length > 0
	}
	for _, f := range []*float64{m.min, m.max, m.multipleOf} {
		some = some || f != nil
		c.foreign = c.foreign || f != nil && (math.IsNaN(*f) || math.IsInf(*f, 0))
	}
	for _, i := range []*int64{m.minLength, m.maxLength, m.minItems, m.maxItems, m.minProperties, m.maxProperties} {
		some = some || i != nil
	}
	if list := get[[]any](c, s, "x-kubernetes-validations"); len(list) > 0 {
		text, err := json.Marshal(list)
		c.foreign = c.foreign || err != nil
		m.rules, some = string(text), true
	}
	for i := range n.props {
		if n.props[i].node.rare().def != nil {
			m.defaulted, some = append(m.defaulted, uint32(i)), true
		}
	}
	if !some {
		return
	}
	if pattern := m.pattern; pattern != "" {
		m.re = sync.OnceValue(func() *regexp.Regexp {
			re, err := regexp.Compile(pattern)
			if err != nil {
				return nil
			}
			return re
		})
	}
	m.listType, m.mapType, m.sortedKeys = name(m.listType), name(m.mapType), slices.Sorted(slices.Values(m.keys))
	n.more = m
}

// learn collects the facts, and prunes the default.
func (n *node) learn() {
	m := n.rare()
	n.below(func(sub *node) {
		n.facts |= sub.facts
		if sub.rare().def != nil {
			n.facts |= defaults
		}
	})
	if n.is(embeds) {
		n.facts |= embeddings
	}
	if m.rules != "" {
		n.facts |= rules
	}
	if m.listType == "set" || m.listType == "map" {
		n.facts |= lists
	}
	for _, subs := range [][]*node{m.allOf, m.anyOf, m.oneOf, {m.not}} {
		for _, sub := range subs {
			if sub != nil && sub.has(rules|oddRules) {
				n.facts |= oddRules
			}
		}
	}
	if n.declares() {
		n.flags |= declared
	} else if n.has(rules) {
		n.facts |= oddRules
	}
	if n.is(embeds) && n.rulesInMeta() {
		n.facts |= oddRules
	}
	// The library prunes a default within an object around it: what that does here, it does by the node alone, with two
	// exceptions.
	if m.def != nil && n.has(embeddings) || n.is(preserve) && n.items != nil && n.items.rare().def != nil {
		n.facts |= oddDefaults
	}
	if m.def != nil {
		(&walk{}).prune(m.def, n, false)
	}
}

// rulesInMeta says whether there are rules in what belongs to every object: the library gives that types of its own.
func (n *node) rulesInMeta() bool {
	for _, key := range []string{"apiVersion", "kind", "metadata"} {
		if p := n.prop(key); p != nil && p.has(rules) {
			return true
		}
	}
	return false
}
