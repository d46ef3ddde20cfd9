// Package browser drives a real Chromium through the pages that the server has for people.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Find is the path of an installed Chromium. Where there is none the test is skipped, but on CI it fails: there
// .ci/run installs one.
func Find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no Chromium: install the package chromium")
	}
	t.Skip("no Chromium here; `make browser` installs one")
	return ""
}

// Browser is one Chromium with one tab and a profile of its own, which ends with the test.
type Browser struct {
	// Context is for chromedp.Run.
	Context context.Context

	mu       sync.Mutex
	problems []string
}

// Open starts a Chromium. It works as root and without a display, and asks nothing of the network by itself. Certificates
// are not checked: a new server has made its own.
func Open(t testing.TB) *Browser {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(Find(t)), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1400, 1200),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.IgnoreCertErrors,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	b := &Browser{}
	ctx, end := chromedp.NewContext(allocator, chromedp.WithListener(b.listen))
	b.Context = ctx
	t.Cleanup(func() {
		// Cancel waits until the process has ended: only then can its profile be removed.
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log("end of Chromium:", err)
		}
		end()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal("start of Chromium: ", err)
	}
	return b
}

// listen collects what the page complains of: exceptions, errors in the console, breaches of its content policy. Answers
// that are errors are not the page's fault.
func (b *Browser) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			problem = fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			problem = "console:"
			for _, a := range e.Args {
				problem += " " + string(a.Value) + a.Description
			}
		}
	}
	if problem != "" {
		b.mu.Lock()
		b.problems = append(b.problems, problem)
		b.mu.Unlock()
	}
}

// Problems are the page's complaints so far.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.problems...)
}
