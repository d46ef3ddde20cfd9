package controlplane

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// patience is how long a state is waited for: a cron job begins with a minute, and finalizers are looked at again in some seconds.
const patience = 2 * time.Minute

// step does something, and waits until the cluster shows what it leads to.
type step struct {
	name string
	// do are kubectl's arguments, in one line; empty for nothing.
	do string
	// shows are the arguments of what shows it, whose words, sorted, must become want.
	shows, want string
}

// steps are the life of one of each kind of workload. What each wants is what upstream's own server ends with.
var steps = []step{
	{"deployment", "", "-n play get deploy web -o jsonpath={.status.readyReplicas}", "3"},
	{"stateful set", "", "-n play get sts db -o jsonpath={.status.readyReplicas}", "2"},
	{"claims", "", "-n play get pvc -o jsonpath={.items[*].status.phase}", "Bound Bound"},
	{"daemon set", "", "-n play get ds agent -o jsonpath={.status.numberReady}", "3"},
	{"job", "", "-n play get job once -o jsonpath={.status.succeeded}", "2"},
	{"slices of endpoints", "", "-n play get endpointslices -l kubernetes.io/service-name=web -o jsonpath={.items[*].endpoints[*].conditions.ready}", "true true true"},
	{"cron job", "", "-n play get jobs -o jsonpath={.items[*].metadata.ownerReferences[*].name}", "tick"},
	{"a claim in use", "-n play delete pvc d-db-0 --wait=false", "-n play get pvc d-db-0 -o jsonpath={.status.phase},{.metadata.finalizers[0]}", "Bound,kubernetes.io/pvc-protection"},
	{"more replicas", "-n play scale deploy web --replicas=5", "-n play get deploy web -o jsonpath={.status.readyReplicas}", "5"},
	{"drain", "drain node-0 --ignore-daemonsets --delete-emptydir-data --force --timeout=90s", "-n play get deploy web -o jsonpath={.status.readyReplicas}", "5"},
	{"the drained node", "", "-n play get pods --field-selector spec.nodeName=node-0,status.phase=Running -o jsonpath={.items[*].metadata.labels.a}", "agent"},
	{"foreground deletion", "-n play delete deploy web --cascade=foreground --timeout=60s", "-n play get rs,pods -l a=web -o name", ""},
	{"orphans", "-n play delete ds agent --cascade=orphan", "-n play get pods -l a=agent -o jsonpath={.items[*].metadata.labels.a}", "agent agent agent"},
	{"a namespace of 1,000 objects", "delete ns big --timeout=120s", "get ns big -o name --ignore-not-found", ""},
	{"the namespace", "delete ns play --timeout=120s", "get ns play -o name --ignore-not-found", ""},
	{"released volumes", "", "get pv pv-play-0 pv-play-1 -o jsonpath={.items[*].status.phase}", "Released Released"},
	{"deleted volumes", "delete pv pv-play-0 pv-play-1 --timeout=30s", "get pv -o name", ""},
	{"the node is of use again", "uncordon node-0", "get node node-0 -o jsonpath={.spec.unschedulable}", ""},
}

func TestControlPlane(t *testing.T) {
	var k *harness.Kubectl
	running := os.Getenv("CONTROLPLANE_KUBECONFIG")
	if running != "" {
		program(t, "kubectl")
		k = harness.NewKubectl(t, running)
	} else {
		k = start(t)
	}
	b, err := os.ReadFile("testdata/play.yaml")
	if err != nil {
		t.Fatal(err)
	}
	k.OK("create", "ns", "play")
	k.OK("create", "ns", "big")
	k.OKIn(string(b), "apply", "-f", "-")
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: big}\n---\n", i)
	}
	k.OKIn(many.String(), "create", "-f", "-")
	for _, s := range steps {
		take(t, k, s)
	}
	if running != "" {
		return // kwok has every node there
	}
	// A node whose kubelet has fallen silent.
	k.OKIn("apiVersion: v1\nkind: Node\nmetadata: {name: lost}\n", "create", "-f", "-")
	k.OK("patch", "node", "lost", "--subresource=status", "-p", `{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`)
	take(t, k, step{"node loss", "", `get node lost -o jsonpath={.status.conditions[?(@.type=="Ready")].status}`, "Unknown"})
	take(t, k, step{"taints of a lost node", "", "get node lost -o jsonpath={.spec.taints[*].effect}", "NoExecute NoSchedule"})
}

// take takes a step and waits for what it leads to.
func take(t *testing.T, k *harness.Kubectl, s step) {
	t.Helper()
	if s.do != "" {
		k.OK(strings.Fields(s.do)...)
	}
	last := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		words := strings.Fields(k.Run("", strings.Fields(s.shows)...).Out)
		slices.Sort(words)
		if last = strings.Join(words, " "); last == s.want {
			return
		}
	}
	t.Fatalf("%s: %q, want %q", s.name, last, s.want)
}
