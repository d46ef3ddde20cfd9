package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// partialMessages are messages of the wire that no schema of the published API describes: objects of which only the
// metadata is shown.
var partialMessages = []tableMessage{
	{name: "meta/v1.PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", fields: []tableField{
		{name: "kind", kind: "String"}, {name: "apiVersion", kind: "String"},
		{name: "metadata", kind: "Struct", element: "meta/v1.ObjectMeta", path: []int{1}},
	}},
	{name: "meta/v1.PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadataList", fields: []tableField{
		{name: "kind", kind: "String"}, {name: "apiVersion", kind: "String"},
		{name: "metadata", kind: "Struct", element: "meta/v1.ListMeta", path: []int{1}},
		{name: "items", kind: "Struct", element: "meta/v1.PartialObjectMetadata", path: []int{2}, flags: []string{"Repeated", "Required"}},
	}},
}

// jsonUnions are the wire forms of the schemas that take any JSON and have a message of their own in protobuf.
var jsonUnions = map[string]string{
	"JSONSchemaPropsOrBool": "SchemaOrBool", "JSONSchemaPropsOrArray": "SchemaOrArray", "JSONSchemaPropsOrStringArray": "SchemaOrStrings",
}

type tableMessage struct {
	name, apiVersion, kind string
	model                  string
	atomic                 bool
	fields                 []tableField
}

type tableField struct {
	name, kind, element string
	path                []int
	flags               []string
	merge               mergeFacts
}

// writeProtoTables writes schema/: what the codec must know of every message to turn its two encodings into each other.
// The tables are arrays of plain values that refer to each other by index, so the linker lays them out and a start
// costs nothing.
func writeProtoTables(m spec.Model, out output) error {
	messages := slices.Clone(partialMessages)
	for _, file := range slices.Sorted(maps.Keys(m)) {
		for _, name := range slices.Sorted(maps.Keys(m[file].Schemas)) {
			s := m[file].Schemas[name]
			if len(s.Props) == 0 && s.Keys["type"] != "object" || s.Keys["x-no-proto"] == true || specialKind(m, file, name) != "" {
				continue
			}
			message := tableMessage{name: file + "." + name, model: m.PublishedName(file, name), atomic: s.Keys["x-kubernetes-map-type"] == "atomic"}
			if s.Keys["x-kind"] == true || s.Keys["x-kind-everywhere"] == true {
				message.kind, message.apiVersion = name, strings.TrimPrefix(m[file].GV.Group+"/"+m[file].GV.Version, "/")
				if file == "meta/v1" {
					message.apiVersion = "v1"
				}
			}
			for _, p := range s.Order {
				f, err := wireField(m, file, p, s)
				if err != nil {
					return fmt.Errorf("openapi/%s.yaml: %s.%s: %w", file, name, p, err)
				}
				message.fields = append(message.fields, f)
			}
			messages = append(messages, message)
		}
	}
	slices.SortFunc(messages, func(a, b tableMessage) int { return cmp.Compare(a.name, b.name) })
	t := tables{index: map[string]int{}, keys: map[string]int{}}
	for i, message := range messages {
		t.index[message.name] = i
	}
	for _, message := range messages {
		if err := t.message(message); err != nil {
			return fmt.Errorf("%s: %w", message.name, err)
		}
	}
	if err := out.goFile("schema/schema.gen.go", schemaHead); err != nil {
		return err
	}
	if err := out.goFile("schema/messages.gen.go", t.source(messages)); err != nil {
		return err
	}
	return out.goFile("schema/fields.gen.go", "package schema\n\n// Fields of all messages, each message's in the order of its JSON.\nvar Fields = [...]Field{\n"+t.fields.String()+"}\n")
}

// specialKind is the wire kind of schemas that are no message of fields; empty for all others.
func specialKind(m spec.Model, file, name string) string {
	if file == "meta/v1" {
		switch name {
		case "Quantity", "IntOrString", "Time", "MicroTime", "FieldsV1":
			return name
		case "RawExtension":
			return "Raw"
		case "Patch":
			return "Raw"
		}
	}
	if s := m[file].Schemas[name]; s != nil && s.Any() {
		if union, ok := jsonUnions[name]; ok {
			return union
		}
		return "AnyJSON"
	}
	return ""
}

func wireField(m spec.Model, file, name string, s *spec.Schema) (tableField, error) {
	p := s.Props[name]
	f := tableField{name: name}
	switch number := p["x-proto"].(type) {
	case int:
		f.path = []int{number}
	case []any:
		for _, n := range number {
			i, ok := n.(int)
			if !ok {
				return f, fmt.Errorf("x-proto: %v is not a number", n)
			}
			f.path = append(f.path, i)
		}
	case nil:
		if name != "kind" && name != "apiVersion" {
			return f, fmt.Errorf("x-proto is missing")
		}
	}
	value := p
	switch e := element(p); {
	case e == nil:
	case p["x-proto-wrapped"] == true:
		f.kind = "Strings"
	case p["items"] != nil:
		f.flags, value = append(f.flags, "Repeated"), e
	default:
		f.flags, value = append(f.flags, "Map"), e
	}
	if f.kind == "" {
		f.kind, f.element = wireKind(m, file, value)
	}
	if p["x-ptr"] == true {
		f.flags = append(f.flags, "Pointer")
	}
	required := s.Required()[name]
	if omit, ok := p["x-omitempty"].(bool); ok {
		required = !omit
	}
	if required {
		f.flags = append(f.flags, "Required")
	}
	if p["x-omitzero"] == true {
		f.flags = append(f.flags, "OmitZero")
	}
	var err error
	if f.merge, err = mergeOf(m, file, p); err != nil {
		return f, err
	}
	// An object inside another (not in a list) shows its own kind: claim templates of stateful sets.
	if f.element != "" && name != "items" && file != "meta/v1" {
		of, n, _ := strings.Cut(f.element, ".")
		if m[of].Schemas[n].Keys["x-kind"] == true {
			f.flags = append(f.flags, "Typed")
		}
	}
	return f, nil
}

// wireKind is the kind of one value and, for a message, its name.
func wireKind(m spec.Model, file string, p spec.M) (kind, element string) {
	if ref, ok := p["$ref"].(string); ok {
		target, name := spec.Ref(ref, file)
		if special := specialKind(m, target, name); special != "" {
			return special, ""
		}
		return "Struct", target + "." + name
	}
	switch p["type"] {
	case "boolean":
		return "Bool", ""
	case "integer":
		if p["format"] == "int32" {
			return "Int32", ""
		}
		return "Int64", ""
	case "number":
		return "Double", ""
	case "array":
		return "Strings", ""
	}
	if p["format"] == "byte" {
		return "Bytes", ""
	}
	return "String", ""
}

// tables collects rows; group are those of messages first, then of inlined structs.
type tables struct {
	index map[string]int
	// keys are the key lists of keyed lists, by their source.
	keys            map[string]int
	keySource       strings.Builder
	messages        strings.Builder
	fields          strings.Builder
	nodes, groups   strings.Builder
	nFields, nNodes int
	nGroups         int
}

func (t *tables) message(m tableMessage) error {
	first := t.nFields
	for _, f := range m.fields {
		e := 0
		if f.element != "" {
			i, ok := t.index[f.element]
			if !ok {
				return fmt.Errorf("%s: no message %s", f.name, f.element)
			}
			e = i
		}
		number := 0
		if len(f.path) > 0 {
			number = f.path[len(f.path)-1]
		}
		fmt.Fprintf(&t.fields, "\t{Name: %q, Key: %q, Kind: %s", f.name, fmt.Sprintf("%q:", f.name), f.kind)
		if number > 0 {
			fmt.Fprintf(&t.fields, ", Number: %d", number)
		}
		if f.flags != nil {
			fmt.Fprintf(&t.fields, ", Flags: %s", strings.Join(f.flags, "|"))
		}
		if f.element != "" {
			fmt.Fprintf(&t.fields, ", Message: %d", e)
		}
		if f.merge.kind != "" {
			fmt.Fprintf(&t.fields, ", Merge: %s", f.merge.kind)
		}
		if f.merge.keys != "" {
			fmt.Fprintf(&t.fields, ", keys: %d", t.keyList(f.merge.keys))
		}
		t.fields.WriteString("}, // " + m.name + "\n")
		t.nFields++
	}
	all := make([]int, len(m.fields))
	for i := range all {
		all[i] = i
	}
	nodes, count, err := t.group(m, all, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(&t.messages, "\t{Name: %q, Model: %q, APIVersion: %q, Kind: %q, First: %d, Count: %d, Atomic: %t, Group: Group{%d, %d}},\n", m.name, m.model, m.apiVersion, m.kind, first, len(m.fields), m.atomic, nodes, count)
	return nil
}

// group writes the nodes of the fields whose number path is deeper than depth, and of the structs inlined below.
func (t *tables) group(m tableMessage, fields []int, depth int) (first, count int, err error) {
	leaves, inlined := map[int]int{}, map[int][]int{}
	for _, i := range fields {
		path := m.fields[i].path
		if len(path) == 0 {
			continue
		}
		n := path[depth]
		count = max(count, n+1)
		if len(path) > depth+1 {
			inlined[n] = append(inlined[n], i)
		} else if _, taken := leaves[n]; taken {
			return 0, 0, fmt.Errorf("number %d is used twice", n)
		} else {
			leaves[n] = i + 1
		}
	}
	groups := map[int]int{}
	for _, n := range slices.Sorted(maps.Keys(inlined)) {
		if leaves[n] != 0 {
			return 0, 0, fmt.Errorf("number %d is a field and an inlined struct", n)
		}
		f, c, err := t.group(m, inlined[n], depth+1)
		if err != nil {
			return 0, 0, err
		}
		fmt.Fprintf(&t.groups, "\t{%d, %d}, // %s\n", f, c, m.name)
		t.nGroups++
		groups[n] = t.nGroups
	}
	first = t.nNodes
	for n := range count {
		fmt.Fprintf(&t.nodes, "{%d, %d}, ", leaves[n], groups[n])
	}
	if count > 0 {
		fmt.Fprintf(&t.nodes, "// %s\n", m.name)
	}
	t.nNodes += count
	return first, count, nil
}

func (t *tables) source(messages []tableMessage) string {
	var b strings.Builder
	b.WriteString("package schema\n\n// Messages are sorted by name.\nvar Messages = [...]Message{\n" + t.messages.String() + "}\n\n")
	b.WriteString("// keyLists are the keys of keyed lists.\nvar keyLists = [...][]Key{\n\tnil,\n" + t.keySource.String() + "}\n\n")
	b.WriteString("var groups = [...]Group{\n" + t.groups.String() + "}\n\nvar nodes = [...]Node{\n" + t.nodes.String() + "}\n\n")
	type row struct {
		apiVersion, kind string
		message          int
	}
	var rows []row
	for i, m := range messages {
		if m.kind != "" {
			rows = append(rows, row{m.apiVersion, m.kind, i})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.apiVersion, b.apiVersion))
	})
	b.WriteString("// kinds are sorted by kind, then by apiVersion.\nvar kinds = [...]uint16{\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "\t%d, // %s %s\n", r.message, r.apiVersion, r.kind)
	}
	b.WriteString("}\n")
	return b.String()
}

const schemaHead = `// Package schema has the wire facts of every message as arrays that refer to each other by index: they are laid out by
// the linker and cost nothing at start.
package schema

import (
	"sort"
	"strings"
)

// Kind is how one value is written.
type Kind uint8

// The kinds. Struct values are messages of their own; Strings is a list that is wrapped in a message; Raw and FieldsV1
// hold JSON as bytes; the last four are JSON unions of the kind that describes schemas.
const (
	String Kind = iota + 1
	Bytes
	Bool
	Int32
	Int64
	Double
	Struct
	Quantity
	IntOrString
	Time
	MicroTime
	Raw
	FieldsV1
	Strings
	AnyJSON
	SchemaOrBool
	SchemaOrArray
	SchemaOrStrings
)

// Flags say how often a value occurs and when it is left out.
type Flags uint8

// Required values are written even when they are zero, Pointer values are written when they are not nil, OmitZero leaves
// out a zero time, Typed values show their apiVersion and kind.
const (
	Repeated Flags = 1 << iota
	Map
	Pointer
	Required
	OmitZero
	Typed
)

// Merge says how two values of a list, a map or a struct become one, as the published extensions do: see server-side apply.
type Merge uint8

// An Atomic value is replaced as a whole; so is a list of which nothing is said, while maps and structs are merged by their
// entries and fields. A Set is a list of scalars of which each is its own key, a Keyed list has items that some of their
// fields tell apart. Granular undoes the Atomic of a struct's message.
const (
	Atomic Merge = iota + 1
	Set
	Keyed
	Granular
)

// Key is a field that tells the items of a Keyed list apart. Default is its value where an item has none: a string, an int64 or
// a bool; nil when it has no default.
type Key struct {
	Name    string
	Default any
}

// Field is one property.
type Field struct {
	Name string
	// Key is the name as JSON writes it, with quotes and colon.
	Key string
	// Number is that of the field in its own message, or in the inlined struct it comes from; 0 for apiVersion and kind,
	// which only the envelope has.
	Number uint8
	Kind   Kind
	Flags  Flags
	// Message is the index of the message of a Struct.
	Message uint16
	Merge   Merge
	keys    uint8
}

// Keys tell the items of a Keyed list apart, sorted by name.
func (f *Field) Keys() []Key { return keyLists[f.keys] }

// Message is one schema.
type Message struct {
	// Name is the spec file and the schema: core/v1.Pod. Model is its name in the published documents.
	Name, Model string
	// APIVersion and Kind are set when the message is a kind.
	APIVersion, Kind string
	// First and Count are the range in Fields, in the order of JSON.
	First uint16
	Count uint8
	// Atomic values are replaced as a whole by server-side apply.
	Atomic bool
	Group
}

// Group is the range of nodes of a message or of a struct that is inlined in JSON but a message on the wire.
type Group struct {
	Node  uint16
	Nodes uint8
}

// Node says what a field number is: both are 0 when it is unknown.
type Node struct {
	// Field is 1 + the position in the message's fields.
	Field uint8
	// Inlined is 1 + the index of a group.
	Inlined uint8
}

// Fields are the message's fields in the order of JSON.
func (m *Message) Fields() []Field { return Fields[m.First : m.First+uint16(m.Count)] }

// Lookup finds what a number is in the group.
func (g Group) Lookup(number uint64) Node {
	if number >= uint64(g.Nodes) {
		return Node{}
	}
	return nodes[uint64(g.Node)+number]
}

// Inline is the group of a node that is an inlined struct.
func (n Node) Inline() Group { return groups[n.Inlined-1] }

// Element is the message of a Struct field.
func (f *Field) Element() *Message { return &Messages[f.Message] }

// ByKind finds the message of a kind; nil when there is none.
func ByKind(apiVersion, kind string) *Message {
	i := sort.Search(len(kinds), func(i int) bool {
		m := &Messages[kinds[i]]
		if c := strings.Compare(m.Kind, kind); c != 0 {
			return c > 0
		}
		return m.APIVersion >= apiVersion
	})
	if i < len(kinds) {
		if m := &Messages[kinds[i]]; m.Kind == kind && m.APIVersion == apiVersion {
			return m
		}
	}
	return nil
}

// ByName finds a message by spec file and schema; nil when there is none.
func ByName(name string) *Message {
	i := sort.Search(len(Messages), func(i int) bool { return Messages[i].Name >= name })
	if i < len(Messages) && Messages[i].Name == name {
		return &Messages[i]
	}
	return nil
}
`
