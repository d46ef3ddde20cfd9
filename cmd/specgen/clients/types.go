package clients

import "github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"

// The kinds of values that a field can have. Every language has a word for each.
const (
	String      = "string"
	Int32       = "int32"
	Int64       = "int64"
	Float       = "float"
	Bool        = "bool"
	Bytes       = "bytes"
	Time        = "time"
	MicroTime   = "microtime"
	Quantity    = "quantity"
	IntOrString = "intorstr"
	Any         = "any"
	List        = "list"
	Map         = "map"
	Ref         = "ref"
)

// Type is the type of a field: an enum is an open string, and constraints are the server's business.
type Type struct {
	Kind string
	// Of is the type of a list's elements or of a map's values.
	Of *Type
	// File and Model say what a Ref refers to.
	File, Model string
}

// values are the schemas of meta/v1 that are no structs. Time and MicroTime have the same format: only their names tell
// them apart.
var values = map[string]string{"Time": Time, "MicroTime": MicroTime, "Quantity": Quantity, "IntOrString": IntOrString}

// typeOf reads the type of a property.
func typeOf(m spec.Model, file string, p spec.M) Type {
	if ref, ok := p["$ref"].(string); ok {
		target, name := spec.Ref(ref, file)
		if kind, ok := values[name]; ok && target == metaFile {
			return Type{Kind: kind}
		}
		if s := m[target].Schemas[name]; len(s.Props) == 0 {
			return schemaType(m, target, s)
		}
		return Type{Kind: Ref, File: target, Model: name}
	}
	if items, ok := p["items"].(spec.M); ok {
		of := typeOf(m, file, items)
		return Type{Kind: List, Of: &of}
	}
	if values, ok := p["additionalProperties"].(spec.M); ok {
		of := typeOf(m, file, values)
		return Type{Kind: Map, Of: &of}
	}
	return scalar(p)
}

// schemaType is the type of a named schema without properties: a list, a map, a scalar or any value.
func schemaType(m spec.Model, file string, s *spec.Schema) Type {
	if s.Keys["$ref"] == nil && (s.Keys["items"] != nil || s.Keys["additionalProperties"] != nil) {
		return typeOf(m, file, s.Keys)
	}
	return scalar(s.Keys)
}

func scalar(p spec.M) Type {
	format, _ := p["format"].(string)
	switch p["type"] {
	case "string":
		if format == "byte" {
			return Type{Kind: Bytes}
		}
		return Type{Kind: String}
	case "integer":
		if format == "int64" {
			return Type{Kind: Int64}
		}
		return Type{Kind: Int32}
	case "number":
		return Type{Kind: Float}
	case "boolean":
		return Type{Kind: Bool}
	}
	return Type{Kind: Any}
}

// walk calls visit with a type and with what it consists of.
func (t Type) walk(visit func(Type)) {
	visit(t)
	if t.Of != nil {
		t.Of.walk(visit)
	}
}
