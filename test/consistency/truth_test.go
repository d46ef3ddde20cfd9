package consistency

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"sort"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// change is one write in etcd.
type change struct {
	key      string
	revision int64
	// old and now are what was there before and is since; the zero version is nothing.
	old, now version
}

// truth is the history of a collection as etcd has it.
type truth struct {
	// start is the revision it begins at, with an empty collection.
	start   int64
	changes []change
	byKey   map[string][]change
}

func newTruth(start int64, changes []change) *truth {
	t := &truth{start: start, changes: changes, byKey: map[string][]change{}}
	for _, c := range changes {
		t.byKey[c.key] = append(t.byKey[c.key], c)
	}
	return t
}

// read gets from etcd all changes after a revision up to another one.
func read(ctx context.Context, t *testing.T, etcd *clientv3.Client, namespace string, start, end int64) *truth {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	prefix := "/registry/configmaps/" + namespace + "/"
	var changes []change
	current := map[string]version{}
	watch := etcd.Watch(clientv3.WithRequireLeader(ctx), prefix, clientv3.WithPrefix(), clientv3.WithRev(start+1))
	for answer := range watch {
		if err := answer.Err(); err != nil {
			t.Fatalf("etcd's history from %d: %v", start, err)
		}
		for _, e := range answer.Events {
			c := change{key: path.Base(string(e.Kv.Key)), revision: e.Kv.ModRevision, old: current[path.Base(string(e.Kv.Key))]}
			if e.Type == clientv3.EventTypePut {
				var err error
				if c.now, err = decode(e.Kv.Value); err != nil {
					t.Fatalf("%s at %d: %v", e.Kv.Key, e.Kv.ModRevision, err)
				}
				c.now.revision = c.revision
			}
			current[c.key] = c.now
			if changes = append(changes, c); c.revision == end {
				return newTruth(start, changes)
			}
		}
	}
	t.Fatalf("etcd's history ends before revision %d: %v", end, ctx.Err())
	return nil
}

// decode reads a config map as it is stored.
func decode(stored []byte) (version, error) {
	raw, found := bytes.CutPrefix(stored, []byte("k8s\x00"))
	if !found {
		return version{}, fmt.Errorf("stored in another form: %q", stored)
	}
	var envelope runtime.Unknown
	if err := envelope.Unmarshal(raw); err != nil {
		return version{}, fmt.Errorf("envelope: %w", err)
	}
	var object corev1.ConfigMap
	if err := object.Unmarshal(envelope.Raw); err != nil {
		return version{}, fmt.Errorf("config map: %w", err)
	}
	return version{value: object.Data["v"], uid: string(object.UID)}, nil
}

// state is everything at a revision.
func (t *truth) state(revision int64) map[string]version {
	out := map[string]version{}
	for key, changes := range t.byKey {
		if v := at(changes, revision); v != (version{}) {
			out[key] = v
		}
	}
	return out
}

// at is what a key's changes leave at a revision.
func at(changes []change, revision int64) version {
	n := sort.Search(len(changes), func(i int) bool { return changes[i].revision > revision })
	if n == 0 {
		return version{}
	}
	return changes[n-1].now
}

// was says whether a key had a version at any revision from a first up to, but not including, a last one.
func (t *truth) was(key string, v version, first, last int64) bool {
	if at(t.byKey[key], first) == v {
		return true
	}
	return slices.ContainsFunc(t.byKey[key], func(c change) bool { return c.now == v && c.revision > first && c.revision < last })
}
