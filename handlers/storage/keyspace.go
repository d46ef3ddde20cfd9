package storage

import "strings"

// DefaultRoot is where upstream keeps everything.
const DefaultRoot = "/registry"

// Keyspace is the part of a database that one store has; the rest is others'. Callers of a Store neither give nor get its
// root. Several stores, with a Keyspace each, can share one database. The zero value is all of the database.
type Keyspace struct{ root string }

// NewKeyspace is the part under a root. Slashes at its end do not count, as in upstream.
func NewKeyspace(root string) Keyspace { return Keyspace{strings.TrimRight(root, "/")} }

// Root is what stands before every key in the database.
func (k Keyspace) Root() string { return k.root }

// Place is where a key, or a prefix of keys, lies in the database.
func (k Keyspace) Place(key string) string { return k.root + key }

// Key is the key of a place that was asked for by a prefix, which Place made.
func (k Keyspace) Key(place []byte) string { return string(place[len(k.root):]) }

// Holds is Key for any place: false when it is another's. One root may begin with another: /registry-other/a is not under
// /registry.
func (k Keyspace) Holds(place []byte) (key string, ours bool) {
	if len(place) <= len(k.root) || string(place[:len(k.root)]) != k.root || place[len(k.root)] != '/' {
		return "", false
	}
	return string(place[len(k.root):]), true
}
