package validation

// IsGood is the walk of our own, for tests that need the rules of the kinds, which need this package.
func (r *Rules) IsGood(o any) bool { return r.isGood(o) }

// LibraryGood is the library's walk over the same tags and rules.
func (r *Rules) LibraryGood(o any) bool { return r.walker.Struct(o) == nil }

// Names are those of all rules.
func (r *Rules) Names() (out []string) {
	for name := range r.byTag {
		out = append(out, name)
	}
	return out
}

// HasRules says whether a type has any.
var HasRules = hasRules
