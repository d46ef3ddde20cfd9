package house

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// The library computes for minutes on some quantities. What comes from outside is parsed by handlers/object alone, which
// refuses those, and decoders that know the type run behind its check.
func TestQuantitiesAreParsedBehindOneDoor(t *testing.T) {
	doors := map[string]string{"resource.ParseQuantity": "handlers/object/quantity.go",
		"kjson.UnmarshalStrict": "handlers/codec/read_json.go", "kjson.UnmarshalCaseSensitivePreserveInts": "handlers/codec/read_json.go"}
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		// Patches are read as maps first, in which nothing is a quantity yet.
		if !strings.HasPrefix(path, "handlers/") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "handlers/patch/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, ok := s.X.(*ast.Ident); ok && doors[of.Name+"."+s.Sel.Name] != "" && doors[of.Name+"."+s.Sel.Name] != path {
				t.Errorf("%s: %s.%s is for %s", files.Position(n.Pos()), of.Name, s.Sel.Name, doors[of.Name+"."+s.Sel.Name])
			}
			return true
		})
	})
}
