package codec

import kjson "sigs.k8s.io/json"

// unmarshal reads JSON into v as upstream does: names are case-sensitive, integers stay integers.
func unmarshal(b []byte, v any) error { return kjson.UnmarshalCaseSensitivePreserveInts(b, v) }
