package storage

import "strings"

// Collection is where the objects of one resource lie, as upstream lays them down: /pods/namespace/name, without a
// namespace for a resource of the whole cluster. Keys are put together and taken apart here only.
type Collection struct {
	prefix     string
	namespaced bool
}

// NewCollection is the collection under a path, such as pods or services/specs.
func NewCollection(path string, namespaced bool) Collection {
	return Collection{"/" + path + "/", namespaced}
}

// Prefix is what all keys begin with, with a slash at both ends.
func (c Collection) Prefix() string { return c.prefix }

// Within is what the keys of a namespace begin with: those of all when it is empty, or the resource has no namespaces.
func (c Collection) Within(namespace string) string {
	if c.namespaced && namespace != "" {
		return c.prefix + namespace + "/"
	}
	return c.prefix
}

// Key is the key of one object. The namespace does not matter where the resource has none.
func (c Collection) Key(namespace, name string) string {
	if c.namespaced {
		return c.prefix + namespace + "/" + name
	}
	return c.prefix + name
}

// Split is the namespace and the name in the key of an object. The namespace is empty for a resource without.
func (c Collection) Split(key string) (namespace, name string) {
	rest := strings.TrimPrefix(key, c.prefix)
	if !c.namespaced {
		return "", rest
	}
	namespace, name, _ = strings.Cut(rest, "/")
	return namespace, name
}

// PrefixOf is the prefix of the collection that a key, or a prefix of keys, belongs to, as far as the key tells: its first
// segment, or the first two when the first is a group (custom resources lie under theirs). "" for none.
func PrefixOf(key string) string {
	if key == "" || key[0] != '/' {
		return ""
	}
	i := strings.IndexByte(key[1:], '/') + 1
	if i == 0 {
		return ""
	}
	if strings.IndexByte(key[:i], '.') > 0 {
		if j := strings.IndexByte(key[i+1:], '/'); j >= 0 {
			i += j + 1
		}
	}
	return key[:i+1]
}
