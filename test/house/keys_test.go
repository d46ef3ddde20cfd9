package house

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Where an object lies in the store is said by storage.Collection, made of the rows, and where all of it lies by
// storage.Keyspace. A key that is written out elsewhere would not follow when either changes.
func TestNoKeyIsWrittenOut(t *testing.T) {
	prefixes := []string{storage.DefaultRoot, "/ranges/"}
	for i := range resources.Rows {
		if row := &resources.Rows[i]; row.Subresource == "" && row.Storage != "" {
			prefixes = append(prefixes, resource.Keys(row).Prefix())
		}
	}
	if len(prefixes) < 50 {
		t.Fatalf("only %d prefixes", len(prefixes))
	}
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/") && !strings.HasPrefix(path, "cmd/kube-apiserver/") ||
			strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "handlers/storage/storagetest/") || path == "handlers/storage/keyspace.go" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				return true
			}
			for _, prefix := range prefixes {
				if strings.HasPrefix(text, prefix) {
					t.Errorf("%s: %q is a key; storage.Collection and resource.KeysOf make those", files.Position(literal.Pos()), text)
					break
				}
			}
			return true
		})
	})
}

// storeWriters are the files beside the storage packages that write to the store. All objects go through handlers/write; the others
// keep what is not an object of the API.
var storeWriters = []string{
	"handlers/write/attempts.go", "handlers/write/create.go",
	"handlers/kinds/allocate/ports.go",          // the bitmap of node ports
	"handlers/controllers/presence/leases.go",   // the addresses of the servers of one store
	"handlers/resource/resourcetest/objects.go", // objects for tests
}

func TestOnlyTheWriterStoresObjects(t *testing.T) {
	writers := 0
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/") || strings.HasPrefix(path, "handlers/storage/") || strings.HasSuffix(path, "_test.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Create" && s.Sel.Name != "Swap" {
				return true
			}
			if of := text(s.X); of != "store" && of != "Store" && !strings.HasSuffix(of, ".store") && !strings.HasSuffix(of, ".Store") {
				return true
			}
			if writers++; !slices.Contains(storeWriters, path) {
				t.Errorf("%s writes to the store; objects are written by handlers/write (Writer.Own)", files.Position(call.Pos()))
			}
			return true
		})
	})
	if writers < 4 {
		t.Errorf("found only %d writes to the store", writers)
	}
}
