package admission

// Settings are what flags say about single plugins. The zero value is upstream's default.
type Settings struct {
	// NotReadyTolerationSeconds and UnreachableTolerationSeconds are how long pods stay on a node in that state; nil for 300.
	NotReadyTolerationSeconds, UnreachableTolerationSeconds *int64
}

// tolerationSeconds is upstream's default for both.
const tolerationSeconds = 300

// NotReadySeconds is how long pods stay on a node that is not ready.
func (s *Settings) NotReadySeconds() int64 { return orDefault(s.NotReadyTolerationSeconds) }

// UnreachableSeconds is how long pods stay on a node that cannot be reached.
func (s *Settings) UnreachableSeconds() int64 { return orDefault(s.UnreachableTolerationSeconds) }

func orDefault(seconds *int64) int64 {
	if seconds == nil {
		return tolerationSeconds
	}
	return *seconds
}
