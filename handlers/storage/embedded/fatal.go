package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"go.etcd.io/etcd/server/v3/etcdserver"
)

// fatalities turns etcd's ways of ending the process into errors while it boots. Once it serves they stay what they are:
// when the log cannot be written, going on would acknowledge what is not kept.
type fatalities struct {
	log     *slog.Logger
	serving atomic.Bool

	mu      sync.Mutex
	message string
}

// stop is what etcd's logger calls instead of leaving; it does not return.
func (f *fatalities) stop(message string) {
	if f.serving.Load() {
		f.log.Error("embedded etcd cannot go on, stopping", "err", message)
		os.Exit(1)
	}
	f.mu.Lock()
	f.message = message
	f.mu.Unlock()
	runtime.Goexit()
}

// guard runs boot on a goroutine of its own, which stop or a panic may end. The database's files then stay open until
// the process ends; nothing else is left of a failed boot.
func (f *fatalities) guard(boot func() (*etcdserver.EtcdServer, error)) (*etcdserver.EtcdServer, error) {
	var server *etcdserver.EtcdServer
	err := errors.New("boot ended without a word")
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
	}()
	<-done
	if err != nil {
		return nil, err
	}
	return server, nil
}
