//go:build unix

package instance

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder that everybody may write to is refused with content and closed without; a group's is used, and said.
func TestFolders(t *testing.T) {
	for _, c := range []struct {
		name         string
		mode         os.FileMode
		filled       bool
		fault, warns string
		left         os.FileMode
	}{
		{"its own", 0o700, true, "", "", 0o700},
		{"readable by all", 0o755, true, "", "", 0o755},
		{"of a group", 0o770, true, "", "a group may exchange", 0o770},
		{"of everybody", 0o777, true, "every user of this machine could have put keys or objects there", "", 0o777},
		{"of everybody, sticky", 0o777 | os.ModeSticky, true, "chmod 0700", "", 0o777},
		{"of everybody, empty", 0o777, false, "", "is the server's alone now", 0o700},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if c.filled {
			if err := os.WriteFile(filepath.Join(dir, "ca.key"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, c.mode); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		config := Default()
		config.Serving.CertDir = dir
		err := config.checkFolders(slog.New(slog.NewTextHandler(&out, nil)))
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v", c.name, err)
		}
		if said := out.String(); (said == "") != (c.warns == "") || !strings.Contains(said, c.warns) {
			t.Errorf("%s: said %q", c.name, said)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != c.left {
			t.Errorf("%s: left with %v (%v)", c.name, info, err)
		}
	}
}

// Every folder of the server is looked at, and the start is refused.
func TestOpenFoldersRefuseTheStart(t *testing.T) {
	for _, c := range []struct {
		name string
		use  func(c *Config, dir string)
	}{
		{"certificates", func(c *Config, dir string) { c.Serving.CertDir = dir }},
		{"etcd", func(c *Config, dir string) { c.Storage.Backend = Embedded{Dir: dir, UnsafeNoFsync: true} }},
		{"kubeconfig", func(c *Config, dir string) { c.Serving.Kubeconfig = filepath.Join(dir, "admin.kubeconfig") }},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.MkdirAll(filepath.Join(dir, "member"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		config := inMemory()
		c.use(&config, dir)
		i, err := Start(t.Context(), config)
		if err == nil {
			_ = i.Close(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), dir+" has mode -rwxrwxrwx") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The folder of another user is refused where anybody could have made it, which only root can try.
func TestForeignFolders(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives folders away")
	}
	base, err := os.MkdirTemp("/", "gatehouse-test-") // all above it is root's
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(base)
	for _, c := range []struct {
		name         string
		above        os.FileMode
		fault, warns string
	}{
		{"where nobody else makes folders", 0o755, "", "belongs to another user"},
		{"where everybody makes folders", 0o777, "belongs to user 12345", ""},
		{"in a folder like /tmp", 0o777 | os.ModeSticky, "belongs to user 12345", ""},
	} {
		dir := filepath.Join(base, c.name, "data")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Dir(dir), c.above); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := checkFolder(dir, slog.New(slog.NewTextHandler(&out, nil)))
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v", c.name, err)
		}
		if !strings.Contains(out.String(), c.warns) {
			t.Errorf("%s: said %q", c.name, out.String())
		}
	}
}
