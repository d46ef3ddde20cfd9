package golden

// A Side says whose answers are expected.
type Side int

// The reference's answers, and ours where a step says that and why we differ.
const (
	Reference Side = iota
	Ours
)
