package cache

import "strings"

// Selection is what a follower wants to hear of.
type Selection struct {
	// Prefix of the keys.
	Prefix string
	// Match decides on an object; nil takes all. It must give the same answer for the same object.
	Match func(*Entry) bool
	// ID names what Match does: selections with the same prefix and the same ID share the work. Empty shares with nobody,
	// unless Match is nil.
	ID string
	// Name, when set, is the last segment of the only keys that can match. Field and Value, when set, are a field that
	// every match has this value of: its changes are found without asking Match of anybody else's selection. The
	// attributes must be an Indexed then.
	Name         string
	Field, Value string
}

// fieldValue is what groups of a collection are found by. Names are values of no field.
type fieldValue struct{ field, value string }

// nameOf is the last segment of a key.
func nameOf(key string) fieldValue { return fieldValue{value: key[strings.LastIndexByte(key, '/')+1:]} }

// sameness is equal for selections that share the work.
type sameness struct {
	prefix, id, name, field, value string
	all                            bool
}

// sameness is false for a selection that shares with nobody.
func (s *Selection) sameness() (sameness, bool) {
	same := sameness{s.Prefix, s.ID, s.Name, s.Field, s.Value, s.Match == nil}
	if same.all {
		same.id = ""
	}
	return same, same.all || s.ID != ""
}

func (s *Selection) matches(e *Entry) bool { return e != nil && (s.Match == nil || s.Match(e)) }

// fieldsOf calls yield with all fields that groups could be found by for a change; some may come twice. It is false when
// they are not known of one of the objects, so that every group has to be asked.
func fieldsOf(e *Event, yield func(fieldValue)) (known bool) {
	known = true
	for _, x := range [2]*Entry{e.Old, e.New} {
		if x == nil {
			continue
		}
		if a, ok := x.Attributes.(Indexed); ok {
			a.Indexes(func(field, value string) { yield(fieldValue{field, value}) })
		} else {
			known = false
		}
	}
	return known
}

// Turn is what a change is to a selection.
type Turn uint8

const (
	// Added: the object begins to match.
	Added Turn = iota + 1
	// Modified: it matched before and still does.
	Modified
	// Removed: it matched before, and does no longer or is gone.
	Removed
)

// turn is what a change is to the selection; 0 when it does not concern it.
func (s *Selection) turn(e *Event) Turn {
	if !strings.HasPrefix(e.Key, s.Prefix) {
		return 0
	}
	if s.Name != "" && nameOf(e.Key).value != s.Name {
		return 0
	}
	is, was := s.matches(e.New), s.matches(e.Old)
	switch {
	case is && was:
		return Modified
	case is:
		return Added
	case was:
		return Removed
	}
	return 0
}
