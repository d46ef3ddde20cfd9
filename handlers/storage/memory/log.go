package memory

import "github.com/gatehouse-dev/gatehouse/handlers/storage"

// log has the changes after a revision. Every revision is one change, so a change is found by counting.
type log struct {
	// floor is the revision before the first change.
	floor   int64
	changes []storage.Event
	// compacted is the oldest state that may still be asked for. It is above floor when changes are left for those who
	// follow the log already.
	compacted int64
}

// last is the newest revision.
func (l *log) last() int64 { return l.floor + int64(len(l.changes)) }

// after is what was changed after a revision between floor and last.
func (l *log) after(revision int64) []storage.Event { return l.changes[revision-l.floor:] }

func (l *log) add(e storage.Event) { l.changes = append(l.changes, e) }

// drop forgets the changes through a revision and calls gone with each.
func (l *log) drop(through int64, gone func(*storage.Event)) {
	n := int(max(0, through-l.floor))
	for i := range l.changes[:n] {
		gone(&l.changes[i])
	}
	// What is left moves to memory of its own when most of the old is free.
	if rest := l.changes[n:]; len(rest) < cap(l.changes)/4 {
		l.changes = append([]storage.Event(nil), rest...)
	} else {
		clear(l.changes[:n])
		l.changes = rest
	}
	l.floor += int64(n)
}
