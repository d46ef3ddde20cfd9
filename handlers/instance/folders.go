package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// folders are those that the server keeps its keys and objects in.
func (c *Config) folders() (dirs []string) {
	if e, ok := c.Storage.Backend.(Embedded); ok {
		dirs = append(dirs, e.Dir)
	}
	if c.Serving.CertDir != "" {
		dirs = append(dirs, c.Serving.CertDir)
	}
	if c.Serving.Kubeconfig != "" {
		dirs = append(dirs, filepath.Dir(c.Serving.Kubeconfig))
	}
	return dirs
}

// checkFolders refuses folders whose content another user of the machine could have exchanged: who gives the server its keys or
// its objects is its administrator. What it only says: a group that may do so, for it may be the server's own.
func (c *Config) checkFolders(log *slog.Logger) error {
	var errs []error
	seen := map[string]bool{}
	for _, dir := range c.folders() {
		path, err := filepath.Abs(dir)
		if err != nil {
			return fmt.Errorf("folder %s: %w", dir, err)
		}
		if !seen[path] {
			seen[path] = true
			errs = append(errs, checkFolder(path, log))
		}
	}
	return errors.Join(errs...)
}

// checkFolder looks at a folder that is there. One that is not will be made for the server alone.
func checkFolder(path string, log *slog.Logger) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return nil // its user makes it, or reports the error in more detail
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return fmt.Errorf("folder %s: %w", path, err)
	}
	if err := checkOwner(path, info, log); err != nil {
		return err
	}
	mode := info.Mode().Perm()
	switch {
	case mode&0o002 != 0:
		return closeEmpty(path, mode, log)
	case mode&0o020 != 0:
		log.Warn("a group may exchange the content of the server's folder", "folder", path, "mode", mode.String())
	}
	return nil
}

// checkOwner refuses a folder of another user. That is also how a folder that was put in the place of the server's own shows,
// where everybody may write above it. A server of root may be given somebody's folder, but not where anybody could have made it.
func checkOwner(path string, info fs.FileInfo, log *slog.Logger) error {
	owner, known := ownerOf(info)
	self := os.Geteuid()
	if !known || owner == self || owner == 0 {
		return nil
	}
	if above := openAbove(path); self != 0 || above != "" {
		return fmt.Errorf("folder %s belongs to user %d and the server runs as user %d: whoever owns it gives the server its keys and objects", path, owner, self)
	}
	log.Warn("the server's folder belongs to another user, who may exchange its content", "folder", path, "user", owner)
	return nil
}

// openAbove is a folder above path in which everybody may make folders; empty for none.
func openAbove(path string) string {
	for parent := filepath.Dir(path); parent != path; path, parent = parent, filepath.Dir(parent) {
		if info, err := os.Stat(parent); err == nil && info.Mode().Perm()&0o002 != 0 {
			return parent
		}
	}
	return ""
}

// closeEmpty takes an empty folder for the server alone; one with content may have it from anybody.
func closeEmpty(path string, mode fs.FileMode, log *slog.Logger) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("folder %s: %w", path, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("folder %s has mode %v: every user of this machine could have put keys or objects there; look at its content, then chmod 0700 it", path, mode)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("folder %s has mode %v, so every user of this machine could put keys or objects there: %w", path, mode, err)
	}
	log.Warn("every user could have written to the server's folder; it was empty, and is the server's alone now", "folder", path)
	return nil
}
