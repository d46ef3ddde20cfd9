// Package reload keeps something that is read from files as new as the files: certificates, authorities, policies. There
// is no watcher and no timer. The use of a value causes the look at its files, at most once in an interval; files that nobody
// needs cost nothing.
package reload

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Interval is how old what is known of the files may be.
const Interval = time.Second

// Value is a T made of the content of files. Make one with Open. It is safe for concurrent use.
type Value[T any] struct {
	paths []string
	load  func(contents [][]byte) (T, error)
	log   *slog.Logger
	// Every is how old what is known of the files may be; Open sets it to Interval. It is not changed after the first Get.
	Every time.Duration

	current atomic.Pointer[T]
	checked atomic.Int64
	// mu is held while files are read; seen is what was read last, also when no value could be made of it.
	mu   sync.Mutex
	seen [][]byte
}

// Open reads the files for the first time: then a fault is an error. Later ones are logged, and the last good value stays,
// so that a file which is being written or is broken takes nobody's access away.
func Open[T any](log *slog.Logger, load func(contents [][]byte) (T, error), paths ...string) (*Value[T], error) {
	v := &Value[T]{paths: paths, load: load, log: log, Every: Interval}
	contents, err := v.read()
	if err != nil {
		return nil, err
	}
	value, err := load(contents)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	v.seen = contents
	v.current.Store(&value)
	v.checked.Store(time.Now().UnixNano())
	return v, nil
}

// Get is the newest good value. It never waits for another goroutine's look at the files.
func (v *Value[T]) Get() T {
	if time.Since(time.Unix(0, v.checked.Load())) >= v.Every && v.mu.TryLock() {
		v.check()
		v.checked.Store(time.Now().UnixNano())
		v.mu.Unlock()
	}
	return *v.current.Load()
}

// check makes a new value when the files have another content than at the last look. The caller holds mu.
func (v *Value[T]) check() {
	contents, err := v.read()
	if err != nil {
		v.log.Warn("a file cannot be read any more; what was read of it stays in effect", "error", err)
		return
	}
	if same(contents, v.seen) {
		return
	}
	v.seen = contents
	value, err := v.load(contents)
	if err != nil {
		v.log.Error("a changed file is faulty; what was read of it before stays in effect", "files", v.paths, "error", err)
		return
	}
	v.current.Store(&value)
	v.log.Info("files were read again", "files", v.paths)
}

func (v *Value[T]) read() ([][]byte, error) {
	contents := make([][]byte, len(v.paths))
	for i, path := range v.paths {
		var err error
		if contents[i], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

func same(a, b [][]byte) bool {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
