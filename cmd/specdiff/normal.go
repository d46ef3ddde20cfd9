package main

import "strings"

// normal is a document without what does not count: prose, the encoding that no release serves by default, and the two ways
// of writing a reference. Only then is it comparable.
func normal(x any) any { return normalize(x, false) }

// names says that the keys of x are names of properties, schemas or paths and not keywords: a property may well be called
// description.
func normalize(x any, names bool) any {
	switch t := x.(type) {
	case M:
		out := M{}
		for k, v := range t {
			if !names && (isProse(k, v) || isMediaType(k) && strings.Contains(k, "cbor")) {
				continue
			}
			out[k] = normalize(v, !names && (k == "properties" || k == "schemas" || k == "paths"))
		}
		if names {
			return out
		}
		// allOf with one reference is how a reference gets company. Alone it says the same as the reference.
		if all, ok := out["allOf"].([]any); ok && len(all) == 1 {
			if m, ok := all[0].(M); ok && len(m) == 1 && m["$ref"] != nil {
				delete(out, "allOf")
				out["$ref"] = m["$ref"]
			}
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i := range t {
			out[i] = normalize(t[i], false)
		}
		return out
	}
	return x
}

func isMediaType(key string) bool { return strings.HasPrefix(key, "application/") }

// isProse: descriptions, and the title and version of the document.
func isProse(key string, v any) bool {
	_, text := v.(string)
	return key == "description" && text || key == "info"
}
