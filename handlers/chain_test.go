package handlers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// The order of the stages is a promise: nothing is read of a body before authorization has said yes, a wrong credential is
// found before anything else looks at the request, and what is audited was authenticated. What is counted is let
// through and served, so that clients cannot make up what the metrics are about.
func TestChainOrder(t *testing.T) {
	var names []string
	for _, s := range chain(chainOptions{log: slog.New(slog.DiscardHandler)}) {
		names = append(names, s.name)
	}
	want := []string{"recover", "headers", "deadline", "authenticate", "audit", "impersonate", "flow control", "authorize", "find", "measure"}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("stages %v, want %v", names, want)
	}
}

func TestThroughRunsStagesInOrder(t *testing.T) {
	var got []string
	mark := func(name string) stage {
		return stage{name, func(next pipeline.Handler) pipeline.Handler {
			return func(r *pipeline.Request) error {
				got = append(got, name)
				return next(r)
			}
		}}
	}
	h := through([]stage{mark("first"), {name: "left out"}, mark("second")}, func(*pipeline.Request) error {
		got = append(got, "handler")
		return nil
	})
	if err := h(nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"first", "second", "handler"}; !reflect.DeepEqual(got, want) {
		t.Errorf("ran %v, want %v", got, want)
	}
}

// A stage that works on after the handler by itself does so too early when the answer is carried on by the connection. So
// next is called as the last thing, or by pipeline.After, which says when the request is over. Only the outermost stage
// catches panics by itself; Serve and what it hands over catch those of detached answers.
func TestStagesFinishThroughAfter(t *testing.T) {
	found := 0
	for _, pattern := range []string{"*.go", "pipeline/*.go", "metrics/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			if base := filepath.Base(name); strings.HasSuffix(base, "_test.go") || base == "after.go" {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				body := stageBody(n)
				if body == nil {
					return true
				}
				found++
				last := map[ast.Expr]bool{}
				ast.Inspect(body, func(n ast.Node) bool {
					switch x := n.(type) {
					case *ast.ReturnStmt:
						if len(x.Results) == 1 {
							last[x.Results[0]] = true
						}
					case *ast.DeferStmt:
						if filepath.Base(name) != "recover.go" {
							t.Errorf("%s: a stage defers", set.Position(x.Pos()))
						}
					case *ast.CallExpr:
						if called, ok := x.Fun.(*ast.Ident); ok && called.Name == "next" && !last[x] {
							t.Errorf("%s: a stage goes on after next", set.Position(x.Pos()))
						}
					}
					return true
				})
				return false
			})
		}
	}
	if found < 9 {
		t.Errorf("only %d stages were found", found)
	}
}

// stageBody is the body of what a stage makes of next: of a function of one *Request that returns an error, in which next
// is called or handed on. Nil for anything else.
func stageBody(n ast.Node) *ast.BlockStmt {
	f, ok := n.(*ast.FuncLit)
	if !ok || len(f.Type.Params.List) != 1 || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return nil
	}
	if _, ok := f.Type.Params.List[0].Type.(*ast.StarExpr); !ok {
		return nil
	}
	uses := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "next" {
			uses = true
		}
		return true
	})
	if !uses {
		return nil
	}
	return f.Body
}
