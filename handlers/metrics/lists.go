package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// lists counts what etcd lists: the cache when it loads, and states that are too old for it. Upstream selects there and
// counts what it decodes, tests and gives on; here the caller does that later, so the three are the same.
type lists struct{ total, fetched, evaluated, returned *prometheus.CounterVec }

func newLists(of []string) lists {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, of)
	}
	return lists{
		counter("apiserver_storage_list_total", "Lists that etcd answered; loading the cache is one of each resource there is something of."),
		counter("apiserver_storage_list_fetched_objects_total", "Objects that etcd listed."),
		counter("apiserver_storage_list_evaluated_objects_total", "Objects that etcd listed, all of which are looked at."),
		counter("apiserver_storage_list_returned_objects_total", "Objects that etcd listed, before anybody has selected from them."),
	}
}

func (l *lists) collectors() []prometheus.Collector {
	return []prometheus.Collector{l.total, l.fetched, l.evaluated, l.returned}
}

// count counts an answer to a list that began at a key. One of many collections is a list of each; one that goes on within
// a collection is none more.
func (l *lists) count(prefix, from string, items []storage.KeyValue) {
	if of, known := resourceOf(prefix); known {
		l.add(of, from == "", len(items))
		return
	}
	for len(items) > 0 {
		of, collection, known := resource.OfKey(items[0].Key)
		n := 1
		for known && n < len(items) && strings.HasPrefix(items[n].Key, collection) {
			n++
		}
		if known {
			l.add(of, !strings.HasPrefix(from, collection), n)
		}
		items = items[n:]
	}
}

func (l *lists) add(of schema.GroupResource, begins bool, n int) {
	if begins {
		l.total.WithLabelValues(of.Group, of.Resource).Inc()
	}
	for _, objects := range []*prometheus.CounterVec{l.fetched, l.evaluated, l.returned} {
		objects.WithLabelValues(of.Group, of.Resource).Add(float64(n))
	}
}
