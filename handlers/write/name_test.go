package write

import (
	"strings"
	"testing"
)

func TestGenerateName(t *testing.T) {
	long := strings.Repeat("a", 100)
	for _, base := range []string{"web-", "", long} {
		name := generateName(base)
		if len(name) > 63 || len(name) < randomLength || !strings.HasPrefix(name, base[:min(len(base), maxGenerated)]) {
			t.Errorf("%q made %q", base, name)
		}
		if generateName(base) == name {
			t.Errorf("%q made the same name twice", base)
		}
	}
}
