package cache

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/s2"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// A loader hands on this many pairs at once; a collection's first dictionary is made from as many.
	loadBatch = 4 * dictFrom
	// mostLoaders bounds the goroutines that pack, and with them what is in memory unpacked.
	mostLoaders = 8
)

// load reads everything and publishes it.
func (c *Cache) load() error {
	l := newLoader(c.options.Attributes)
	revision, err := c.backend.Load(c.ctx, l.add)
	entries := l.close()
	if err != nil {
		return fmt.Errorf("load the cache: %w", err)
	}
	s := snapshot{root: build(entries), revision: revision}
	c.packer = *l.packer
	c.history.reset(s)
	c.hub.reset(s.revision)
	c.weights.loaded(entries)
	c.replace(&s)
	c.moved.raise()
	c.loading.Do(func() { close(c.loaded) })
	return nil
}

// loader makes entries of pairs that come in key order: the goroutine that reads sorts them into batches, others pack
// those. The first values of a collection are held back until there is a dictionary for them, so which objects make the
// dictionaries does not depend on who comes first.
type loader struct {
	packer     *packer
	attributes func(string, []byte) any
	topic      string
	packing    *packing
	held       []storage.KeyValue

	packers sync.WaitGroup
	// jobs holds no more than the packers work on: a faster reader waits.
	jobs    chan job
	batches [][]*Entry
}

// job is a batch of pairs of one collection. The packer that has it fills in the entries.
type job struct {
	pairs   []storage.KeyValue
	dict    *s2.Dict
	entries []*Entry
}

func newLoader(attributes func(string, []byte) any) *loader {
	n := min(runtime.GOMAXPROCS(0), mostLoaders)
	l := &loader{packer: &packer{}, attributes: attributes, jobs: make(chan job, n)}
	for range n {
		l.packers.Go(l.pack)
	}
	return l
}

func (l *loader) pack() {
	var scratch []byte
	for j := range l.jobs {
		for i, kv := range j.pairs {
			e := &Entry{Key: kv.Key, Revision: kv.Revision}
			if l.attributes != nil {
				e.Attributes = l.attributes(kv.Key, kv.Value)
			}
			scratch = e.pack(j.dict, kv.Value, scratch)
			j.entries[i] = e
		}
	}
}

// add takes some pairs. It never fails.
func (l *loader) add(pairs []storage.KeyValue) error {
	for _, kv := range pairs {
		if t := topic(kv.Key); t != l.topic || l.packing == nil {
			l.flush()
			l.topic, l.packing = t, l.packer.of(t)
		}
		if l.held = append(l.held, kv); len(l.held) >= loadBatch {
			l.flush()
		}
	}
	return nil
}

// flush hands on what is held back.
func (l *loader) flush() {
	n := len(l.held)
	if n == 0 {
		return
	}
	if l.packing.count += n; l.packing.due() {
		// The samples are taken from those that are at hand.
		count := l.packing.count
		l.packing.learn(func(i int) []byte { return l.held[i*n/count].Value })
	}
	j := job{pairs: l.held, dict: l.packing.dict, entries: make([]*Entry, n)}
	l.batches = append(l.batches, j.entries)
	l.jobs <- j
	l.held = make([]storage.KeyValue, 0, loadBatch)
}

// close waits for the packers, which end, and gives all entries.
func (l *loader) close() []*Entry {
	l.flush()
	close(l.jobs)
	l.packers.Wait()
	count := 0
	for _, b := range l.batches {
		count += len(b)
	}
	entries := make([]*Entry, 0, count)
	for _, b := range l.batches {
		entries = append(entries, b...)
	}
	return entries
}
