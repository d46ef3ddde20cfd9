package resource

// Document is what one resource, or the group-version of another server, adds to the published OpenAPI documents. Nothing
// of it is made before somebody asks. Implementations are comparable, and immutable: another content is another Document.
type Document interface {
	// Tag differs whenever the rest does.
	Tag() string
	// V2 and V3 are made anew by each call.
	V2() (Members, error)
	V3() (Members, error)
}

// Members are parts of a document in JSON, each the members of an object without its braces: "a":{},"b":{}.
type Members struct {
	// Paths are those of the operations, Schemas those of the kinds (definitions in v2).
	Paths, Schemas []byte
	// Plain members have the form of v3 in both documents, without the words and shared parameters of built-in resources: they
	// are given those.
	Plain bool
	// Shared names schemas of the built-in documents that a document with these members needs, such as that of ObjectMeta.
	Shared []string
}
