package informers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// padding makes objects large enough for a slow network to be felt.
var padding = strings.Repeat("0123456789abcdef", 128)

// writers change config maps until they are stopped, over the ideal network. Errors are nothing to them: what happened is
// read from etcd.
type writers struct {
	stop    context.CancelFunc
	running sync.WaitGroup
	written atomic.Int64
	hold    sync.RWMutex
}

func (e *env) write(namespace string, n int) *writers {
	ctx, cancel := context.WithCancel(e.t.Context())
	w := &writers{stop: cancel}
	e.t.Cleanup(func() {
		cancel()
		w.running.Wait()
	})
	for i := range n {
		client := e.client(e.ideal, asProtobuf).CoreV1().ConfigMaps(namespace)
		w.running.Go(func() {
			for ctx.Err() == nil {
				w.one(ctx, client, fmt.Sprintf("w%d-%d", i, rand.IntN(20)))
			}
		})
	}
	return w
}

// one makes or changes an object, or now and then removes it.
func (w *writers) one(ctx context.Context, client typedcorev1.ConfigMapInterface, name string) {
	w.hold.RLock()
	defer w.hold.RUnlock()
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Data:       map[string]string{"n": strconv.FormatInt(rand.Int64(), 36), "padding": padding},
	}
	var err error
	if rand.IntN(5) == 0 {
		err = client.Delete(ctx, name, metav1.DeleteOptions{})
	} else if _, err = client.Update(ctx, object, metav1.UpdateOptions{}); err != nil {
		_, err = client.Create(ctx, object, metav1.CreateOptions{})
	}
	if err == nil {
		w.written.Add(1)
	} else {
		time.Sleep(2 * time.Millisecond) // the server may be gone for a moment
	}
}

// more waits until so many more writes were acknowledged.
func (w *writers) more(e *env, n int64) {
	e.t.Helper()
	target := w.written.Load() + n
	e.eventually("writes", func() bool { return w.written.Load() >= target })
}

// mark writes an object of its own while nobody else writes and returns its revision: everything else is older. release
// lets the others go on.
func (w *writers) mark(e *env, namespace string) (revision int64, release func()) {
	e.t.Helper()
	w.hold.Lock()
	client := e.client(e.ideal, asProtobuf).CoreV1().ConfigMaps(namespace)
	e.insist("mark", func(ctx context.Context) error {
		o, err := client.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "mark-"}}, metav1.CreateOptions{})
		if err == nil {
			revision, err = strconv.ParseInt(o.ResourceVersion, 10, 64)
		}
		return err
	})
	return revision, w.hold.Unlock
}
