package validation

// QuickGood is good, for tests that need the defaults of kinds, which need this package.
var QuickGood = good
