package e2e

import (
	"crypto/rand"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/diff"
	"github.com/gatehouse-dev/gatehouse/test/e2e/transcript"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

var (
	update     = flag.Bool("update", false, "write down what was printed: for the reference's part with -kubeconfig, for ours without")
	kubeconfig = flag.String("kubeconfig", "", "run the transcripts against this other server, and expect the reference's outputs")
)

// transcriptFlags make our server what the recorded one was.
var transcriptFlags = []string{"--service-cluster-ip-range=10.0.0.0/16", "--authorization-mode=Node,RBAC"}

// TestTranscripts runs every recorded session against our server.
func TestTranscripts(t *testing.T) { playAll(t, "testdata", nil) }

// TestHelm runs recorded sessions with Helm 3, which patches as kubectl does, and Helm 4, which applies server-side.
func TestHelm(t *testing.T) {
	playAll(t, filepath.Join("testdata", "helm"), map[string]string{"helm3": harness.Tool(t, "helm3"), "helm4": harness.Tool(t, "helm4")})
}

// playAll runs the sessions of a folder, which may use the given programs beside kubectl.
func playAll(t *testing.T, folder string, programs map[string]string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	config, ours := *kubeconfig, *kubeconfig == ""
	if ours {
		config = harness.Start(t, transcriptFlags...).Kubeconfig()
	}
	variables := map[string]string{}
	for name, dir := range map[string]string{"MANIFESTS": "manifests", "CHARTS": "charts"} {
		if variables[name], err = filepath.Abs(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			script, err := transcript.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			session, err := transcript.NewSession(transcript.Setting{
				Kubectl: harness.KubectlBinary(t), Kubeconfig: config, Dir: t.TempDir(), Programs: programs,
				Namespace: "e2e-" + strings.ToLower(rand.Text()[:8]), Variables: variables,
			}, script)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			for _, part := range script.Parts {
				t.Run(part.Title, func(t *testing.T) { play(t, session, script.Name, part, ours) })
			}
			if *update {
				if err := os.WriteFile(file, []byte(script.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// play runs the steps of a part. A step that goes wrong does not keep the following ones from running: they say what
// depends on it.
func play(t *testing.T, session *transcript.Session, name string, part *transcript.Part, ours bool) {
	for _, step := range part.Steps {
		got, err := session.Do(step)
		if err != nil {
			t.Errorf("%s:%d: %s: %v", name, step.Line, step.Text, err)
		}
		want := step.Expected(ours)
		if *update {
			step.Record(ours, got)
			want = step.Expected(ours)
		}
		if got != want {
			t.Errorf("%s:%d: the output differs (- expected, + came):\n$ %s\n%s", name, step.Line, step.Text, diff.Lines(want, got))
		}
	}
}
