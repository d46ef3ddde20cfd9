//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// checkDatabase refuses a database that bbolt would panic on.
func checkDatabase(path string) (err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	if info.Size() == 0 {
		return nil
	}
	file, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	defer func() { err = errors.Join(err, syscall.Munmap(file)) }()
	// A disk that cannot be read is a fault of memory here.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("the database %s cannot be read: %w", path, p)
		default:
			panic(p)
		}
	}()
	if err := damaged(file); err != nil {
		return fmt.Errorf("the database %s is damaged: %w; restore the directory from a backup", path, err)
	}
	return nil
}
