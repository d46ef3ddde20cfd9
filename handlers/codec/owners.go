package codec

const (
	// ownersNumber is the field of objectMeta, ownerUIDNumber that of ownerReference.
	ownersNumber   = 13
	ownerUIDNumber = 4
)

// Owners appends the UIDs of a stored object's owners, without building it. Other than what selectors ask, they are not kept
// with every object in memory: nothing that a client can ask for needs them.
func Owners(dst []string, stored []byte) ([]string, error) {
	if !IsProtobuf(stored) {
		return ownersOfJSON(dst, stored)
	}
	e, err := openEnvelope(stored)
	if err != nil {
		return dst, err
	}
	m, err := findMetadata(e.raw)
	if err != nil {
		return dst, err
	}
	for i := 0; i < len(m.content); {
		number, kind, from, to, err := next(m.content, i)
		if err != nil {
			return dst, err
		}
		if number == ownersNumber {
			if kind != wireBytes {
				return dst, errIrregular
			}
			uid, found, err := only(m.content[from:to], ownerUIDNumber)
			if err != nil {
				return dst, err
			}
			if found {
				dst = append(dst, string(uid))
			}
		}
		i = to
	}
	return dst, nil
}

// Owners implements resource.Codec.
func (c *Builtin) Owners(dst []string, stored []byte) ([]string, error) { return Owners(dst, stored) }

func ownersOfJSON(dst []string, stored []byte) ([]string, error) {
	var owners []struct {
		UID string `json:"uid"`
	}
	if err := metadataMember(stored, "ownerReferences", &owners); err != nil {
		return dst, err
	}
	for _, o := range owners {
		dst = append(dst, o.UID)
	}
	return dst, nil
}
