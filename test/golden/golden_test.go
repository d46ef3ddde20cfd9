package golden_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/golden"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// TestGolden replays every recorded conversation with our server. Each has a namespace of its own, so they share a server
// and run side by side.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	server := harness.Start(t, "--authorization-mode=Node,RBAC") // as the reference ran
	client := golden.TokenClient(server.Transport(), harness.AdminToken)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			script, err := golden.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			golden.Replay(t, server.URL, client, script)
		})
	}
}
