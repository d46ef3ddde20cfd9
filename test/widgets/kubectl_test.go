package widgets

import (
	"bufio"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// TestKubectl builds and starts the extended server, and uses widgets as any other resource.
func TestKubectl(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Module(root, dir); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "kube-apiserver")
	if err := Go(dir, "build", "-trimpath", "-o", binary, "./cmd/kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	server := harness.StartBinary(t, binary, t.TempDir())
	kubectl := server.Kubectl()
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"discovery", []string{"api-resources", "--api-group=widgets.example.dev", "--no-headers"}, []string{"widgets", "wdg", "widgets.example.dev/v1", "true", "Widget"}},
		{"explain", []string{"explain", "widgets.spec", "--recursive"}, []string{"colour\t<string>", "enum: Blue, Green, Red", "parts\t<[]WidgetPart>", "name\t<string> -required-", "size\t<integer>"}},
		{"explain a field", []string{"explain", "wdg.spec.parts.count"}, []string{"FIELD: count <integer>"}},
	} {
		out := kubectl.OK(c.args...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, out)
			}
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	lines := follow(ctx, t, kubectl, "get", "widgets", "--watch", "--output-watch-events", "--output=custom-columns=TYPE:.type,NAME:.object.metadata.name,COLOUR:.object.spec.colour", "--no-headers")

	made := kubectl.OKIn(widget("first", "{parts: [{name: wheel}]}"), "create", "--filename=-", "--output=jsonpath={.spec} {.metadata.generation}")
	if want := `{"colour":"Green","parts":[{"count":1,"name":"wheel"}],"size":3} 1`; made != want {
		t.Errorf("with its defaults it is\n%s, want\n%s", made, want)
	}
	for _, c := range []struct {
		name, spec, want string
	}{
		{"enum", "{colour: Pink}", `spec.colour: Unsupported value: "Pink": supported values: "Red", "Green", "Blue"`},
		{"maximum", "{size: 11}", "spec.size: Invalid value: 11"},
		{"required", "{parts: [{name: a}, {count: 2}]}", "spec.parts[1].name: Required value"},
		{"length", "{parts: [{name: much-too-long}]}", "spec.parts[0].name: Too long"},
		{"unknown field", "{color: Red}", `unknown field "spec.color"`},
	} {
		r := kubectl.Run(widget("faulty", c.spec), "create", "--filename=-")
		if r.Code == 0 || !strings.Contains(r.Err, c.want) {
			t.Errorf("%s: %q, want %q", c.name, r.All(), c.want)
		}
	}
	kubectl.OK("patch", "wdg", "first", "--type=merge", `--patch={"spec":{"colour":"Red"},"status":{"ready":true}}`)
	kubectl.OK("patch", "widget", "first", "--subresource=status", "--type=merge", `--patch={"status":{"ready":true},"spec":{"size":9}}`)
	if out := strings.Join(strings.Fields(kubectl.OK("get", "widget", "first", "--output=wide")), " "); !strings.HasPrefix(out, "NAME COLOUR SIZE READY AGE first Red 3 true ") {
		t.Errorf("the table says %q", out)
	}
	if out := kubectl.OK("get", "widgets", "--field-selector=spec.colour=Red", "--output=name"); out != "widget.widgets.example.dev/first\n" {
		t.Errorf("red ones are %q", out)
	}
	if out := kubectl.OK("get", "widgets", "--field-selector=spec.colour=Blue", "--output=name"); out != "" {
		t.Errorf("blue ones are %q", out)
	}
	if out := kubectl.OK("get", "widget", "first", "--output=jsonpath={.metadata.generation} {.status.ready}"); out != "2 true" {
		t.Errorf("generation and status are %q", out)
	}
	server.Stop()
	server.Restart()
	kubectl.OK("delete", "widget", "first")

	for _, want := range []string{"ADDED first Green", "MODIFIED first Red", "MODIFIED first Red"} {
		select {
		case line := <-lines:
			if got := strings.Join(strings.Fields(line), " "); got != want {
				t.Errorf("the watch says %q, want %q", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("the watch does not say %q", want)
		}
	}
}

func widget(name, spec string) string {
	return "apiVersion: widgets.example.dev/v1\nkind: Widget\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// follow starts kubectl and sends on what it prints, line by line. It ends with ctx.
func follow(ctx context.Context, t *testing.T, kubectl *harness.Kubectl, args ...string) <-chan string {
	t.Helper()
	command := kubectl.Command(ctx, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		_ = command.Wait() // it ends with the server
	}()
	return lines
}
