package etcd

import (
	"context"
	"fmt"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// alarmsFor is how long an answer about alarms is believed. etcd passes the question through its log, like a write, and
// probes ask every few seconds.
const alarmsFor = 10 * time.Second

// Ready implements storage.Store: etcd answers a linearizable read, which takes a quorum, and has raised no alarm.
func (s *Store) Ready(ctx context.Context) error {
	if s.ctx.Err() != nil {
		return errClosed
	}
	if _, err := s.Revision(ctx); err != nil {
		return err
	}
	return s.alarms.check(time.Now(), func() error {
		resp, err := s.client.AlarmList(ctx)
		if err != nil {
			return s.wrap(ctx, "read the alarms", err)
		}
		for _, a := range resp.Alarms {
			switch a.Alarm {
			case pb.AlarmType_NONE:
			case pb.AlarmType_NOSPACE:
				return alarmError{fmt.Errorf("member %x raised alarm NOSPACE: %w", a.MemberID, storage.ErrNoSpace)}
			default:
				return alarmError{fmt.Errorf("member %x raised alarm %s", a.MemberID, a.Alarm)}
			}
		}
		return nil
	})
}

// alarmError marks an answer about alarms, as against a failure to get one.
type alarmError struct{ error }

func (e alarmError) Unwrap() error { return e.error }

// alarms remembers the last answer.
type alarms struct {
	mu   sync.Mutex
	when time.Time
	last error
}

func (a *alarms) check(now time.Time, ask func() error) error {
	a.mu.Lock()
	when, last := a.when, a.last
	a.mu.Unlock()
	if !when.IsZero() && now.Sub(when) < alarmsFor {
		return last
	}
	// Asked without the lock: the question may hang until its own deadline, which is not the next caller's.
	err := ask()
	if _, answered := err.(alarmError); err == nil || answered {
		a.mu.Lock()
		a.when, a.last = now, err
		a.mu.Unlock()
	}
	return err
}

// forget makes the next check ask again.
func (a *alarms) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.when = time.Time{}
}
