package instance

import "testing"

// Upstream takes the prefix with and without its slashes, and so finds the same keys.
func TestPrefix(t *testing.T) {
	for given, want := range map[string]string{"/registry": "/registry", "registry": "/registry", "a//b/": "/a/b", "": "/"} {
		if got := (&Storage{Prefix: given}).root(); got != want {
			t.Errorf("%q is read as %q, want %q", given, got, want)
		}
	}
}
