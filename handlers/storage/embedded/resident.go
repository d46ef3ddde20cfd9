package embedded

import (
	"path/filepath"
	"time"
)

// unloadEvery is how often the pages of the database that were read meanwhile are let go of.
const unloadEvery = 15 * time.Second

// keepUnloaded keeps the database out of this process's memory. bbolt maps the whole file, and etcd has the kernel load
// all of it at once, because it reads everything at its start; afterwards nearly all reads are answered by the cache in
// front of the store, and the mapping would only stand for memory that nobody uses. So the pages are let go of when
// whoever follows the store has read it, and then now and again, for a compaction reads everything too. A page that is
// read again costs a soft fault of a microsecond or two, or a read of the disk when the kernel needed its memory.
func (s *Store) keepUnloaded(dataDir string) {
	file, err := databaseFile(dataDir)
	if err != nil {
		s.log.Warn("the database stays in memory", "err", err)
		return
	}
	tick := time.NewTicker(unloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-s.server.StoppingNotify():
			return
		case <-s.wasRead:
		case <-tick.C:
		}
		if err := s.unload(file); err != nil {
			s.log.Warn("the database stays in memory", "err", err)
			return
		}
	}
}

// unload lets go of the pages now. Under this lock etcd does not end its transactions on the database, and
// bbolt maps the file anew, or unmaps it, only between those. A server that is about to close it says so first.
func (s *Store) unload(file string) error {
	tx := s.server.Backend().ReadTx()
	tx.RLock()
	defer tx.RUnlock()
	select {
	case <-s.server.StoppingNotify():
		return nil
	default:
		return unload(file)
	}
}

// databaseFile is the path of the database as the kernel names it.
func databaseFile(dataDir string) (string, error) {
	file, err := filepath.Abs(filepath.Join(dataDir, "member", "snap", "db"))
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(file)
}
