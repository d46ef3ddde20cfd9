// Package schema prunes, defaults and validates custom resources by the schemas of their definitions.
//
// A schema is compiled at the first use of its version, into nodes that equal schemas of all definitions share; a pool finds
// them and keeps none alive. Whatever is common is done over these nodes. Where they are not sure of an answer, and wherever a
// fault has to be put into words, upstream's libraries (apiextensions-apiserver) answer over the text of the schema; what they
// are made of is made then, and dropped when it was not asked for some time. So the texts of faults are upstream's.
//
// Objects are the maps that apimachinery's Unstructured holds: string, bool, int64, float64, nil, []any, map[string]any.
//
//	pool := schema.NewPool()      // one per server
//	s := pool.New(schema.Options{...}) // one per version of a definition; costs nothing
//	unknown, err := s.Coerce(content, schema.Coercion{Track: true}) // a body, then s.Default(content)
//	faults := s.Validate(ctx, schema.Write{New: content})
package schema
