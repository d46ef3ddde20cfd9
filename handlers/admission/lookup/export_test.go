package lookup

// Kept is how many decoded objects are kept.
func Kept(o *Objects) int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.kept)
}
