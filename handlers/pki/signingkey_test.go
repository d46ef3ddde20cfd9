package pki

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSigningKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	key, public, err := SigningKey(dir, "sa")
	if err != nil {
		t.Fatal(err)
	}
	read := func(file string) string {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first, firstPublic := read(key), read(public)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if _, _, err := SigningKey(dir, "sa"); err != nil || read(key) != first || read(public) != firstPublic {
		t.Errorf("a second start made another key: %v", err)
	}
	// A key that somebody put there counts, also without its public half.
	if err := os.Remove(public); err != nil {
		t.Fatal(err)
	}
	if again, verifies, err := SigningKey(dir, "sa"); err != nil || again != key || verifies != key || read(key) != first {
		t.Errorf("%s, %s, %v", again, verifies, err)
	}
	if _, _, err := SigningKey(filepath.Join(key, "below a file"), "sa"); err == nil {
		t.Error("a folder that cannot be")
	}
}
