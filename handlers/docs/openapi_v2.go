package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mergedV2 collects the v2 form of several v3 documents. Finished parts are kept as bytes: the parts of all documents
// together, unpacked, would take many times their size.
type mergedV2 struct {
	paths, definitions, parameters map[string]json.RawMessage
	// kinds of a definition, from all documents: those of every group, such as DeleteOptions, differ between documents.
	kinds map[string]map[string]json.RawMessage
}

// merge reads the documents of the paths.
func (o *OpenAPI) merge(paths []string) (m *mergedV2, info any, err error) {
	m = &mergedV2{map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]map[string]json.RawMessage{}}
	for _, path := range paths {
		d, err := o.described(path)
		if err != nil {
			return nil, nil, err
		}
		info = d["info"]
		if err := m.add(d); err != nil {
			return nil, nil, fmt.Errorf("OpenAPI document %s: %w", path, err)
		}
	}
	return m, info, m.putKinds()
}

const gvkExtension = "x-kubernetes-group-version-kind"

func (m *mergedV2) add(d object) error {
	for name, s := range child(child(d, "components"), "schemas") {
		schema, ok := schemaV2(s).(object)
		if !ok {
			return fmt.Errorf("schema %s is not an object", name)
		}
		if list, ok := schema[gvkExtension].([]any); ok {
			if m.kinds[name] == nil {
				m.kinds[name] = map[string]json.RawMessage{}
			}
			for _, kind := range list {
				b, err := encodeDocument(kind)
				if err != nil {
					return err
				}
				m.kinds[name][string(b)] = b
			}
			delete(schema, gvkExtension)
		}
		if m.definitions[name] != nil {
			continue
		}
		b, err := encodeDocument(schema)
		if err != nil {
			return err
		}
		m.definitions[name] = b
	}
	for path, item := range child(d, "paths") {
		out := object{}
		for key, value := range item.(object) {
			switch value := value.(type) {
			case []any: // parameters of all operations of the path
				list, err := m.parametersV2(value)
				if err != nil {
					return err
				}
				out[key] = list
			case object:
				operation, err := m.operationV2(value)
				if err != nil {
					return fmt.Errorf("%s %s: %w", key, path, err)
				}
				out[key] = operation
			}
		}
		b, err := encodeDocument(out)
		if err != nil {
			return err
		}
		m.paths[path] = b
	}
	return nil
}

// putKinds writes the collected kinds into the finished definitions.
func (m *mergedV2) putKinds() error {
	for name, kinds := range m.kinds {
		list := make([]json.RawMessage, 0, len(kinds))
		for _, key := range slices.Sorted(maps.Keys(kinds)) {
			list = append(list, kinds[key])
		}
		b, err := encodeDocument(object{gvkExtension: list})
		if err != nil {
			return err
		}
		if one := m.definitions[name]; len(one) > 2 {
			b = append(append(bytes.Clone(one[:len(one)-1]), ','), b[1:]...)
		}
		m.definitions[name] = b
	}
	return nil
}

// inline are parameters that clients look for in the operations themselves and not among the shared ones.
var inline = map[any]bool{"dryRun": true, "fieldValidation": true}

// parametersV2 puts parameters among the shared ones: there are a few dozen of them, in a thousand operations.
func (m *mergedV2) parametersV2(list []any) ([]any, error) {
	out := []any{}
	for _, p := range list {
		one := object{}
		for key, value := range p.(object) {
			if key == "schema" { // v2 has the type beside the name
				schema, _ := schemaV2(value).(object)
				maps.Copy(one, schema)
				continue
			}
			one[key] = value
		}
		if inline[one["name"]] {
			out = append(out, one)
			continue
		}
		b, err := encodeDocument(one)
		if err != nil {
			return nil, err
		}
		key := fmt.Sprintf("%v-%.8s", one["name"], hash(b))
		m.parameters[key] = b
		out = append(out, object{"$ref": "#/parameters/" + key})
	}
	return out, nil
}

func (m *mergedV2) operationV2(op object) (object, error) {
	out := object{"schemes": []any{"https"}}
	consumes, parameters := []string{"*/*"}, []any{}
	for key, value := range op {
		switch key {
		case "requestBody":
			body := value.(object)
			one := object{"name": "body", "in": "body"}
			consumes, one["schema"] = mediaV2(body)
			if body["required"] == true {
				one["required"] = true
			}
			parameters = append(parameters, one)
		case "responses":
			responses, produces := responsesV2(value.(object))
			out["responses"] = responses
			if produces != nil {
				out["produces"] = produces
			}
		case "parameters":
		default:
			out[key] = value
		}
	}
	list, _ := op["parameters"].([]any)
	shared, err := m.parametersV2(list)
	if err != nil {
		return nil, err
	}
	if parameters = append(parameters, shared...); len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if op["x-kubernetes-action"] != nil {
		out["consumes"] = consumes
	}
	return out, nil
}

func responsesV2(in object) (responses object, produces []string) {
	responses = object{}
	for code, r := range in {
		response := r.(object)
		one := object{"description": response["description"]}
		if media, schema := mediaV2(response); media != nil {
			one["schema"] = schema
			if code == "200" || produces == nil {
				produces = media
			}
		}
		responses[code] = one
	}
	return responses, produces
}

// mediaV2 are the media types of a body or response, and its schema, which is the same for all of them.
func mediaV2(in object) (media []string, schema any) {
	content := child(in, "content")
	media = slices.SortedFunc(maps.Keys(content), func(a, b string) int {
		// Streams last: what comes first is what tools show and use.
		if x, y := strings.Contains(a, "stream="), strings.Contains(b, "stream="); x != y {
			if y {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, m := range media {
		schema = schemaV2(child(content, m)["schema"])
	}
	return media, schema
}

// schemaV2 leaves out what v2 cannot say (defaults of the server, nullable) and says the rest its way.
func schemaV2(x any) any {
	switch t := x.(type) {
	case object:
		out := object{}
		for key, value := range t {
			switch key {
			case "default", "nullable":
			case "allOf":
				if list, ok := value.([]any); ok && len(list) == 1 {
					maps.Copy(out, schemaV2(list[0]).(object))
				}
			case "$ref":
				out[key] = strings.Replace(value.(string), "#/components/schemas/", "#/definitions/", 1)
			case "oneOf": // a quantity, or an integer or string
				out["type"] = "string"
			case "properties":
				properties := object{}
				for name, p := range value.(object) {
					properties[name] = schemaV2(p)
				}
				out[key] = properties
			case "items", "additionalProperties":
				out[key] = schemaV2(value)
			default:
				out[key] = value
			}
		}
		return out
	default:
		return x
	}
}
