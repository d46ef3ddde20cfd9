package house

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// searches are the functions of package slices that look through a list.
var searches = map[string]bool{"Contains": true, "ContainsFunc": true, "Index": true, "IndexFunc": true}

// A list of a client may have a hundred thousand elements. Looking through what came before each of them is the square of
// that; a set of what was seen is not.
func TestNoListIsSearchedForEachOfItsElements(t *testing.T) {
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if !ofObjects(path) || strings.HasSuffix(path, "_test.go") {
			return
		}
		for at := range searchedParts(f) {
			t.Errorf("%s: a part of a list is searched in a loop; keep a set of what was seen", files.Position(at))
		}
	})
}

// ofObjects says whether a file works on objects that clients send.
func ofObjects(path string) bool {
	for _, room := range []string{"admission", "codec", "columns", "convert", "defaults", "kinds", "object", "patch", "strategy", "validation", "verb", "warnings", "write"} {
		if strings.HasPrefix(path, "handlers/"+room+"/") {
			return true
		}
	}
	return false
}

// searchedParts are the calls within loops that search list[:i] or list[i:], or an earlier part by another loop.
func searchedParts(f *ast.File) map[token.Pos]bool {
	found := map[token.Pos]bool{}
	inLoop := func(body ast.Node) {
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				s, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || len(n.Args) == 0 || !searches[s.Sel.Name] {
					return true
				}
				of, ok := s.X.(*ast.Ident)
				if _, part := n.Args[0].(*ast.SliceExpr); ok && part && of.Name == "slices" {
					found[n.Pos()] = true
				}
			case *ast.RangeStmt:
				if _, part := n.X.(*ast.SliceExpr); part {
					found[n.Pos()] = true
				}
			}
			return true
		})
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			inLoop(n.Body)
		case *ast.ForStmt:
			inLoop(n.Body)
		}
		return true
	})
	return found
}

// Errors and warnings come in one order, the same for every request. The order of a map is another one each time.
func TestNoListIsMadeInTheOrderOfAMap(t *testing.T) {
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/kinds/") && !strings.HasPrefix(path, "handlers/validation/") || strings.HasSuffix(path, "_test.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			loop, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			lit, ok := loop.X.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if _, ok := lit.Type.(*ast.MapType); ok && appends(loop.Body) {
				t.Errorf("%s: something is appended in the order of a map; range over a slice", files.Position(loop.Pos()))
			}
			return true
		})
	})
}

// appends says whether a block calls append.
func appends(block *ast.BlockStmt) (found bool) {
	ast.Inspect(block, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name, ok := call.Fun.(*ast.Ident)
			found = found || ok && name.Name == "append"
		}
		return !found
	})
	return found
}
