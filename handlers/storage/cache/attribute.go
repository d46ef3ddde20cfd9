package cache

// Kind is where an Attribute is found in an object.
type Kind uint8

const (
	// Label is a label with its value.
	Label Kind = iota + 1
	// Labelled is that there is a label with any value. The only value that this can have is "".
	Labelled
	// Field is a selectable field with its value.
	Field
	// Owner is the UID of an owner, of which an object may have several. It has no name.
	Owner
)

// Attribute is something that objects of a collection can be found by.
type Attribute struct {
	Of   Kind
	Name string
}

// Term is that an attribute has one of some values.
type Term struct {
	Attribute
	Values []string
}

// Indexed are attributes that selections and indexes can ask.
type Indexed interface {
	// Indexes calls yield with the fields that a Selection may name and their values.
	Indexes(yield func(field, value string))
	// Label is the value of a label.
	Label(name string) (value string, has bool)
	// Field is the value of a field; known is false for one that only the object itself can tell.
	Field(name string) (value string, known bool)
	// Same says whether other attributes are equal to these.
	Same(other any) bool
}

// owners appends the UIDs of an object's owners; nil for a cache that cannot read them.
type owners func(dst []string, stored []byte) ([]string, error)

// values appends the values that an entry has of an attribute. known is false when it may have others.
func (a Attribute) values(dst []string, e *Entry, owners owners) (values []string, known bool) {
	if a.Of == Owner {
		if owners == nil {
			return dst, false
		}
		stored, err := e.Value(nil)
		if err == nil {
			dst, err = owners(dst, stored)
		}
		return dst, err == nil
	}
	x, ok := e.Attributes.(Indexed)
	if !ok {
		return dst, false
	}
	value, has := "", false
	switch a.Of {
	case Label:
		value, has = x.Label(a.Name)
	case Labelled:
		_, has = x.Label(a.Name)
	case Field:
		value, known = x.Field(a.Name)
		if !known {
			return dst, false
		}
		has = true
	}
	if has {
		dst = append(dst, value)
	}
	return dst, true
}
