package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
)

// lock is this process's claim to a data directory. The kernel gives it up with the process, however that ends; the file
// stays, and what it says (the process that wrote it last) means something only while it is locked.
type lock struct{ file *fileutil.LockedFile }

// acquire makes the directory and claims it. Without it a second server would wait for the database file for ever.
func acquire(dir string) (*lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	// The directory may be one that the operator made, with a mode of their choice; what is inside is ours alone.
	if err := os.Chmod(filepath.Join(dir, "member"), 0o700); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("close data directory to others: %w", err)
	}
	path := filepath.Join(dir, "lock")
	file, err := fileutil.TryLockFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("data directory %s is in use by another server%s", dir, holder(path))
	}
	if err != nil {
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	l := &lock{file: file}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("sign the lock of data directory %s: %w", dir, err), l.release())
	}
	return l, nil
}

func (l *lock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder names the process that has the lock, when it can be read.
func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return ""
	}
	if pid == os.Getpid() {
		return " of this process (pid " + strconv.Itoa(pid) + ")"
	}
	return " (pid " + strconv.Itoa(pid) + ")"
}

func (l *lock) release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("unlock data directory: %w", err)
	}
	return nil
}
