package audit

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rotation says when the log file is put aside, and what is kept of those. MaxAge is in days and MaxSize in megabytes; 0 is no
// limit.
type Rotation struct {
	MaxAge, MaxBackups, MaxSize int
	Compress                    bool
}

// backupTime is in the names of files that were put aside: name-<time>.ext, as upstream names them.
const backupTime = "2006-01-02T15-04-05.000"

// rotating is a file that is put aside when it has become large. Its caller writes from one goroutine at a time.
type rotating struct {
	path string
	rotation
	log  *slog.Logger
	now  func() time.Time
	file *os.File
	size int64

	// tidying is what compresses and removes files beside the writing; Close waits for it.
	tidying sync.WaitGroup
	mu      sync.Mutex
}

// rotation has the limits in the units that are counted.
type rotation struct {
	Rotation
	maxBytes int64
}

func newRotating(path string, r Rotation, log *slog.Logger) *rotating {
	return &rotating{path: path, rotation: rotation{r, int64(r.MaxSize) << 20}, log: log, now: time.Now}
}

// Write implements io.Writer. What is written at once is never split.
func (r *rotating) Write(p []byte) (int, error) {
	if int64(len(p)) > r.maxBytes {
		return 0, fmt.Errorf("write length %d exceeds maximum file size %d", len(p), r.maxBytes)
	}
	if r.file == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	if r.size+int64(len(p)) > r.maxBytes {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

// open goes on with the file that is there.
func (r *rotating) open() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	r.file, r.size = f, info.Size()
	r.tidying.Go(r.tidy)
	return nil
}

// rotate puts the file aside and begins a new one. When that fails, the next write tries again.
func (r *rotating) rotate() error {
	err := r.file.Close()
	r.file = nil
	if err != nil {
		return err
	}
	ext := filepath.Ext(r.path)
	aside := strings.TrimSuffix(r.path, ext) + "-" + r.now().UTC().Format(backupTime) + ext
	if err := os.Rename(r.path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put the file aside: %w", err)
	}
	return r.open()
}

// Close closes the file and waits for the tidying.
func (r *rotating) Close() error {
	defer r.tidying.Wait()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// backup is a file that was put aside.
type backup struct {
	name string
	at   time.Time
}

// tidy removes the files that are too many or too old, and compresses the others.
func (r *rotating) tidy() {
	r.mu.Lock()
	defer r.mu.Unlock()
	files, err := r.backups()
	if err != nil {
		r.log.Warn("looking for old audit files", "error", err)
		return
	}
	var errs []error
	oldest := r.now().Add(-time.Duration(r.MaxAge) * 24 * time.Hour)
	for i, f := range files {
		path := filepath.Join(filepath.Dir(r.path), f.name)
		switch {
		case r.MaxBackups > 0 && i >= r.MaxBackups, r.MaxAge > 0 && f.at.Before(oldest):
			errs = append(errs, os.Remove(path))
		case r.Compress && !strings.HasSuffix(f.name, ".gz"):
			errs = append(errs, squeeze(path))
		}
	}
	if err := errors.Join(errs...); err != nil {
		r.log.Warn("tidying old audit files", "error", err)
	}
}

// backups are the files that were put aside, the newest first.
func (r *rotating) backups() ([]backup, error) {
	entries, err := os.ReadDir(filepath.Dir(r.path))
	if err != nil {
		return nil, err
	}
	ext := filepath.Ext(r.path)
	prefix := strings.TrimSuffix(filepath.Base(r.path), ext) + "-"
	var out []backup
	for _, e := range entries {
		middle, ours := strings.CutPrefix(e.Name(), prefix)
		middle, whole := strings.CutSuffix(strings.TrimSuffix(middle, ".gz"), ext)
		if at, err := time.Parse(backupTime, middle); ours && whole && err == nil {
			out = append(out, backup{e.Name(), at})
		}
	}
	slices.SortFunc(out, func(a, b backup) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.name, b.name)) })
	return out, nil
}

// squeeze replaces a file with its compressed form. The file stays when that fails.
func squeeze(path string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	small := path + ".gz"
	out, err := os.OpenFile(small, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := gzip.NewWriter(out)
	_, err = io.Copy(w, in)
	if err = errors.Join(err, w.Close(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(small))
	}
	return os.Remove(path)
}
