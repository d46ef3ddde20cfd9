package validation

// QuickGood is good, for tests that need the defaults of kinds, which need this package.
var QuickGood = good

// LibraryGood is the library's walk over the same tags and rules.
func LibraryGood(o any) bool { return walker.Struct(o) == nil }
