package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFile     = 600
	maxFunction = 120
)

// sources parses every hand-written Go file.
func sources(t *testing.T, visit func(path string, files *token.FileSet, f *ast.File)) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.go")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if strings.HasPrefix(path, "gen/") || strings.HasSuffix(path, ".gen.go") {
			continue
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, filepath.Join("../..", path), nil, parser.ParseComments)
		if err != nil {
			continue // being written, or gone; the compiler says more
		}
		visit(path, files, f)
	}
}

func TestSizes(t *testing.T) {
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if n := files.File(f.Pos()).LineCount(); n > maxFile {
			t.Errorf("%s has %d lines; no file has more than %d", path, n, maxFile)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines; no function has more than %d", path, fn.Name.Name, n, maxFunction)
			}
		}
	})
}

func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	said, all := map[string]bool{}, map[string]string{}
	sources(t, func(path string, _ *token.FileSet, f *ast.File) {
		dir := filepath.Dir(path)
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		all[dir] = f.Name.Name
		if f.Doc != nil && (strings.HasPrefix(f.Doc.Text(), "Package ") || strings.HasPrefix(f.Doc.Text(), "Command ")) {
			said[dir] = true
		}
	})
	for dir, name := range all {
		if !said[dir] {
			t.Errorf("%s: package %s has no package comment", dir, name)
		}
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		for _, group := range f.Comments {
			for _, word := range []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"} {
				if strings.Contains(group.Text(), word) {
					t.Errorf("%s: a comment says %s", files.Position(group.Pos()), word)
				}
			}
		}
	})
}
