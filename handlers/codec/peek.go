package codec

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// interpret finds apiVersion and kind in JSON. Upstream parses the whole text for them; here that happens only when the
// text is unusual: then with upstream's own function, for its errors. quick says that the text was not checked.
func interpret(data []byte) (gvk schema.GroupVersionKind, quick bool, err error) {
	if apiVersion, kind, ok := peek(data); ok {
		if gv, err := schema.ParseGroupVersion(apiVersion); err == nil {
			return gv.WithKind(kind), true, nil
		}
	}
	seen, err := serializer.DefaultMetaFactory.Interpret(data)
	if err != nil {
		return gvk, false, err
	}
	return *seen, false, nil
}

// peek reads apiVersion and kind when each is there once at most, as a plain string and spelled as usual.
func peek(data []byte) (apiVersion, kind string, ok bool) {
	var seenVersion, seenKind bool
	ok = true
	err := members(data, 0, func(m member) bool {
		target, seen := &kind, &seenKind
		switch {
		case strings.EqualFold(m.key, "apiVersion"):
			target, seen = &apiVersion, &seenVersion
			ok = m.key == "apiVersion"
		case strings.EqualFold(m.key, "kind"):
			ok = m.key == "kind"
		default:
			return true
		}
		v := data[m.value:m.to]
		if *seen || len(v) < 2 || v[0] != '"' {
			ok = false
		}
		if !ok {
			return false
		}
		*seen = true
		v = v[1 : len(v)-1]
		for _, c := range v {
			if c == '\\' || c < 0x20 || c >= 0x80 {
				ok = false
				return false
			}
		}
		*target = string(v)
		return true
	})
	return apiVersion, kind, ok && err == nil
}
