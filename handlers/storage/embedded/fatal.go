package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver"
)

// fatalities turns etcd's ways of ending the process into errors. While it boots that is the boot's error. Once it serves, the
// store has failed: the goroutine that cannot go on stands still for ever, so nothing is acknowledged any more, and whoever runs
// the server is told.
type fatalities struct {
	log     *slog.Logger
	serving atomic.Bool
	// failed gets the reason, dead is closed then.
	failed chan error
	dead   chan struct{}
	once   sync.Once

	mu      sync.Mutex
	message string
}

func newFatalities(log *slog.Logger) *fatalities {
	return &fatalities{log: log, failed: make(chan error, 1), dead: make(chan struct{})}
}

// stop is what etcd's logger calls instead of leaving; it does not return.
func (f *fatalities) stop(message string) {
	if f.serving.Load() {
		f.stand(message)
	}
	f.mu.Lock()
	f.message = message
	f.mu.Unlock()
	runtime.Goexit()
}

// panicked is what etcd's logger calls instead of panicking; it does not return.
func (f *fatalities) panicked(message string) {
	if f.serving.Load() {
		f.stand(message)
	}
	panic(message)
}

// stand tells of the failure and keeps the goroutine where it is: what it would do on its way out closes files that cannot be
// closed any more, which ends the process after all.
func (f *fatalities) stand(message string) {
	f.once.Do(func() {
		f.log.Error("embedded etcd cannot go on", "err", message)
		f.failed <- fmt.Errorf("embedded etcd cannot go on: %s", message)
		close(f.dead)
	})
	select {}
}

// guard runs boot on a goroutine of its own, which stop or a panic may end. The database's files then stay open until
// the process ends, which aborted says; nothing else is left of a failed boot.
func (f *fatalities) guard(boot func() (*etcdserver.EtcdServer, error)) (server *etcdserver.EtcdServer, aborted bool, err error) {
	err, aborted = errors.New("boot ended without a word"), true
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			switch p := recover().(type) {
			case nil:
			case runtime.Error:
				err = fmt.Errorf("boot failed, as it does with damaged files: %w", p)
			default: // etcd's own words
				err = fmt.Errorf("boot failed: %v", p)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.message != "" {
				err = fmt.Errorf("boot failed: %s", f.message)
			}
		}()
		server, err = boot()
		aborted = false
	}()
	<-done
	if err != nil {
		return nil, aborted, err
	}
	return server, false, nil
}

// stuck is how long an etcd that cannot go on may take to close.
const stuck = 5 * time.Second

// bounded runs closing. When etcd waits for the goroutine that could not go on, its files stay open, and the directory locked,
// until the process ends.
func (f *fatalities) bounded(closing func() error) error {
	closed := make(chan error, 1)
	go func() { closed <- closing() }()
	select {
	case err := <-closed:
		return err
	case <-f.dead:
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(stuck):
		return errors.New("embedded etcd, which could not go on, does not close")
	}
}

// unfit are the directories whose database a boot that broke off has left open and locked. Another would wait for it for ever.
var unfit sync.Map
