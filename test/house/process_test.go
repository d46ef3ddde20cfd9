package house

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// What belongs to the process, not to one of the servers in it. Only a main function may use it.
var ofTheProcess = map[string][]string{
	"os":          {"Exit", "Setenv", "Unsetenv", "Chdir"},
	"log":         {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "SetOutput", "SetFlags", "Default"},
	"slog":        {"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext"},
	"signal":      {"Notify", "NotifyContext", "Ignore", "Reset"},
	"http":        {"DefaultClient", "DefaultTransport", "DefaultServeMux", "Handle", "HandleFunc", "Get", "Post", "ListenAndServe", "ListenAndServeTLS"},
	"expvar":      {"Publish", "NewInt", "NewMap", "NewString", "NewFloat", "Handler"},
	"prometheus":  {"MustRegister", "Register", "DefaultRegisterer", "DefaultGatherer"},
	"promhttp":    {"Handler"},
	"debug":       {"SetGCPercent", "SetMemoryLimit", "SetMaxThreads", "FreeOSMemory"},
	"runtime":     {"GC"},
	"zap":         {"L", "S", "ReplaceGlobals"},
	"grpclog":     {"SetLoggerV2"},
	"klog":        {"Info", "Infof", "Warning", "Warningf", "Error", "Errorf", "Fatal", "Fatalf", "SetLogger"},
	"syscall":     {"Umask", "Setrlimit", "Kill"},
	"utilruntime": {"HandleError", "HandleErrorWithContext"},
}

// No package that runs servers keeps or changes what all servers of a process share, ends it, or writes to its log.
func TestServersDoNotOwnTheProcess(t *testing.T) {
	looked := 0
	sources(t, func(path string, files *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(path, "handlers/") || strings.HasSuffix(path, "_test.go") {
			return
		}
		imported := map[string]string{} // by the name in this file
		for _, i := range f.Imports {
			p := strings.Trim(i.Path.Value, `"`)
			name := p[strings.LastIndexByte(p, '/')+1:]
			if i.Name != nil {
				name = i.Name.Name
			}
			imported[name] = p
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok || x.Obj != nil || imported[x.Name] == "" {
				return true
			}
			looked++
			for _, name := range ofTheProcess[x.Name] {
				if s.Sel.Name == name {
					t.Errorf("%s: %s.%s belongs to the process", files.Position(s.Pos()), x.Name, name)
				}
			}
			return true
		})
	})
	if looked == 0 {
		t.Error("nothing was looked at")
	}
}
