package lint

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// form is what the value of a key must look like.
type form string

const (
	aString  form = "a string"
	aName    form = "a name"
	anInt    form = "a whole number"
	aCount   form = "a whole number that is not negative"
	aNumber  form = "a number"
	aTrue    form = "true"
	aBool    form = "true or false"
	texts    form = "a list of strings"
	scalars  form = "a list of values"
	names    form = "a name or a list of names"
	aPattern form = "a regular expression"
	numbers  form = "a field number, or the numbers on the way to it"
	aMapping form = "a mapping"
	aList    form = "a list"
	anything form = "anything"
	aSchema  form = "a schema"
)

// key is what the grammar says about a key of a schema or a property.
type key struct {
	form form
	// schema and property say where it may stand; an element of a list or a map is a property.
	schema, property bool
	// types are the types of value that it makes sense for; none means all.
	types []string
}

var (
	text    = []string{"string"}
	numeric = []string{"integer", "number"}
	array   = []string{"array"}
	// A list type may also stand on bytes, which are a string in JSON and a list in Go.
	object = []string{"object"}
)

// grammar has every key that a schema or a property may have. openapi/README.md explains them with an example each, and a
// test holds the two together.
var grammar = map[string]key{
	"$ref":                 {form: aString, property: true},
	"type":                 {form: aName, schema: true, property: true},
	"format":               {form: aName, schema: true, property: true},
	"items":                {form: aSchema, schema: true, property: true, types: array},
	"additionalProperties": {form: aSchema, schema: true, property: true, types: object},
	"properties":           {form: aMapping, schema: true, types: object},
	"required":             {form: texts, schema: true, types: object},
	"oneOf":                {form: aList, schema: true},
	"default":              {form: anything, property: true},
	"enum":                 {form: scalars, property: true, types: text},
	"pattern":              {form: aPattern, property: true, types: text},
	"minLength":            {form: aCount, property: true, types: text},
	"maxLength":            {form: aCount, property: true, types: text},
	"minimum":              {form: aNumber, property: true, types: numeric},
	"maximum":              {form: aNumber, property: true, types: numeric},
	"minItems":             {form: aCount, property: true, types: array},
	"maxItems":             {form: aCount, property: true, types: array},
	"maxProperties":        {form: aCount, property: true, types: object},
	"description":          {form: aName, schema: true, property: true},

	"x-kubernetes-list-type":       {form: aName, property: true, types: []string{"array", "string"}},
	"x-kubernetes-list-map-keys":   {form: texts, property: true, types: array},
	"x-kubernetes-map-type":        {form: aName, schema: true, property: true},
	"x-kubernetes-patch-strategy":  {form: aName, property: true},
	"x-kubernetes-patch-merge-key": {form: aName, property: true, types: array},
	"x-kubernetes-unions":          {form: aList, schema: true},
	"x-kubernetes-validations":     {form: aList, schema: true, property: true},

	"x-kind":            {form: aTrue, schema: true},
	"x-kind-everywhere": {form: aTrue, schema: true},
	"x-model":           {form: aName, schema: true},
	"x-no-proto":        {form: aTrue, schema: true},
	"x-rules":           {form: texts, schema: true, property: true},

	"x-proto":               {form: numbers, property: true},
	"x-proto-wrapped":       {form: aTrue, property: true, types: array},
	"x-ptr":                 {form: aTrue, property: true},
	"x-omitempty":           {form: aBool, property: true},
	"x-omitzero":            {form: aTrue, property: true},
	"x-go-name":             {form: aName, property: true},
	"x-quantity-precision":  {form: anything, property: true},
	"x-items-enum":          {form: scalars, property: true, types: array},
	"x-known-values":        {form: scalars, property: true},
	"x-open":                {form: aTrue, property: true},
	"x-required":            {form: aTrue, property: true},
	"x-immutable":           {form: aTrue, property: true},
	"x-unique":              {form: anything, property: true, types: array},
	"x-keys":                {form: aName, property: true, types: object},
	"x-values":              {form: aName, property: true, types: object},
	"x-format":              {form: aName, property: true},
	"x-feature-gates":       {form: texts, property: true},
	"x-feature-alone":       {form: aTrue, property: true},
	"x-drop-empty":          {form: aTrue, property: true},
	"x-union-discriminator": {form: aTrue, property: true},
	"x-one-of":              {form: names, property: true},
	"x-zero-or-one-of":      {form: names, property: true},
	"x-kubebuilder":         {form: aMapping, property: true},
	"x-validate":            {form: aMapping, property: true},
	"x-validate-alpha":      {form: aMapping, property: true},
}

// fits says whether a node has a form. A number in quotes is a string: a constraint that is written so would be read as no
// constraint by some generator and break another.
func (f form) fits(n *yaml.Node) bool {
	scalar := n.Kind == yaml.ScalarNode
	switch f {
	case aString:
		return scalar && n.Tag == "!!str"
	case aName:
		return scalar && n.Tag == "!!str" && n.Value != ""
	case anInt:
		return scalar && n.Tag == "!!int"
	case aCount:
		return scalar && n.Tag == "!!int" && !strings.HasPrefix(n.Value, "-")
	case aNumber:
		return scalar && (n.Tag == "!!int" || n.Tag == "!!float")
	case aTrue:
		return scalar && n.Tag == "!!bool" && n.Value == "true"
	case aBool:
		return scalar && n.Tag == "!!bool"
	case aPattern:
		return scalar && n.Tag == "!!str"
	case texts:
		return n.Kind == yaml.SequenceNode && all(n.Content, aString.fits)
	case scalars:
		return n.Kind == yaml.SequenceNode && len(n.Content) > 0 && all(n.Content, func(x *yaml.Node) bool { return x.Kind == yaml.ScalarNode })
	case names:
		return aName.fits(n) || texts.fits(n)
	case numbers:
		return anInt.fits(n) || n.Kind == yaml.SequenceNode && len(n.Content) > 1 && all(n.Content, anInt.fits)
	case aMapping:
		return n.Kind == yaml.MappingNode
	case aList:
		return n.Kind == yaml.SequenceNode
	case aSchema:
		return n.Kind == yaml.MappingNode || aBool.fits(n)
	}
	return true
}

func all(list []*yaml.Node, ok func(*yaml.Node) bool) bool {
	for _, n := range list {
		if !ok(n) {
			return false
		}
	}
	return true
}
