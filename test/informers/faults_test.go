package informers

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reflectors stay in step with the server through network faults.
func TestReflectorsOverFaults(t *testing.T) {
	const namespace = "watched"
	e := newEnv(t)
	direct := e.client(e.ideal, asJSON)
	if _, err := direct.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	empty, err := direct.CoreV1().ConfigMaps(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := &history{prefix: "/registry/configmaps/" + namespace + "/"}
	if h.through, err = strconv.ParseInt(empty.ResourceVersion, 10, 64); err != nil {
		t.Fatal(err)
	}
	w := e.write(namespace, 3)
	w.more(e, 20)
	var followers []*follower
	for _, streaming := range []bool{true, false} {
		for _, form := range []string{asJSON, asProtobuf} {
			f := newFollower(e, fmt.Sprintf("%s, streaming: %v", form, streaming), namespace, form)
			f.start(t, streaming)
			followers = append(followers, f)
		}
	}
	inStep := func(what string, revision int64) {
		t.Helper()
		for _, f := range followers {
			e.eventually(f.name+" catches up after "+what, func() bool { return f.through() >= revision })
		}
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"nothing", func() {}},
		{"a cut", e.faulty.cut},
		{"more than a slow network takes", func() {
			e.faulty.slow(1 << 20)
			w.more(e, 300)
		}},
		{"a restart", e.restart},
		{"a kill", e.kill},
		{"a cut while it is slow", func() {
			e.faulty.slow(1 << 20)
			w.more(e, 100)
			e.faulty.cut()
			w.more(e, 100)
		}},
		{"a time without network", func() {
			e.faulty.block(true)
			w.more(e, 50)
			e.faulty.block(false)
		}},
		{"a second kill", e.kill},
		{"a compaction", func() { e.compact(w, h, namespace) }},
	} {
		w.more(e, 30)
		step.do()
		w.more(e, 30)
		revision, release := w.mark(e, namespace)
		inStep(step.name, revision)
		e.faulty.slow(0)
		release()
		t.Logf("%s: in step at revision %d", step.name, revision)
	}

	// Compaction while a reflector is away and then a new server, which knows only what etcd does: where the reflector was
	// is gone, and it has to start over.
	before := make([]int, len(followers))
	e.faulty.block(true)
	w.more(e, 30)
	for i, f := range followers {
		before[i] = f.started()
	}
	e.compact(w, h, namespace)
	e.kill()
	e.faulty.block(false)
	w.more(e, 30)
	end, release := w.mark(e, namespace)
	defer release()
	inStep("a compaction while it was away", end)
	w.stop()

	h.extend(e, end)
	list, err := direct.CoreV1().ConfigMaps(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range followers {
		for _, fault := range f.verify(h, end) {
			t.Errorf("%s: %s", f.name, fault)
		}
		if f.started() == before[i] {
			t.Errorf("%s: it did not start over when its revision was compacted", f.name)
		}
		f.equals(t, list.Items)
		if f.resumed == 0 {
			t.Errorf("%s: it never went on from where it was", f.name)
		}
		t.Logf("%s: %d states, %d lists, %d watches of which %d went on, %d changes in etcd", f.name, len(f.runs), f.lists, f.watches, f.resumed, len(h.changes))
	}
}

// compact notes what has happened and lets etcd forget it.
func (e *env) compact(w *writers, h *history, namespace string) {
	e.t.Helper()
	revision, release := w.mark(e, namespace)
	defer release()
	h.extend(e, revision)
	e.insist("compact", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err := e.etcd.Compact(ctx, revision)
		return err
	})
}

// equals compares the store with a list.
func (f *follower) equals(t *testing.T, list []corev1.ConfigMap) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.items) != len(list) {
		t.Errorf("%s: it has %d objects, the server %d", f.name, len(f.items), len(list))
	}
	for _, want := range list {
		got := f.items[want.Name]
		if got == nil {
			t.Errorf("%s: it has no %s", f.name, want.Name)
			continue
		}
		// Only decoders of single objects say what kind they are.
		bare := *got
		bare.TypeMeta, want.TypeMeta = metav1.TypeMeta{}, metav1.TypeMeta{}
		if !equality.Semantic.DeepEqual(bare, want) {
			t.Errorf("%s: it has\n%v, the server\n%v", f.name, bare, want)
		}
	}
}
