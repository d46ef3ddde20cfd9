package house

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRequestsAreParsedOnce: the path, the query and the selectors of a request are parsed in handlers/pipeline, and what it
// made of them travels with the request. Pages are plain handlers beside the pipeline and read their own query.
func TestRequestsAreParsedOnce(t *testing.T) {
	allowed := map[string][]string{
		"ParseInfo(":            {"handlers/pipeline/info.go", "handlers/routes.go", "handlers/server.go"},
		".URL.Query()":          {"handlers/pipeline/request.go", "handlers/docs/openapi.go", "handlers/docs/write.go", "handlers/health/page.go"},
		"url.ParseQuery(":       {},
		"fields.ParseSelector(": {"handlers/pipeline/selectors.go", "handlers/kinds/authorization/attributes.go"},
		"labels.Parse(":         {"handlers/pipeline/selectors.go", "handlers/kinds/authorization/attributes.go"},
	}
	met := map[string]bool{}
	err := filepath.WalkDir("../../handlers", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		for call, files := range allowed {
			if !strings.Contains(string(text), call) {
				continue
			}
			if met[call+name] = true; !slices.Contains(files, name) {
				t.Errorf("%s calls %s", name, call)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for call, files := range allowed {
		for _, name := range files {
			if !met[call+name] {
				t.Errorf("%s does not call %s any more", name, call)
			}
		}
	}
}
