package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What only this server has begins with its name.
var (
	changesDesc = prometheus.NewDesc("gatehouse_cache_changes", "Changes that the cache remembers, of all resources.", nil, nil)
	ageDesc     = prometheus.NewDesc("gatehouse_cache_oldest_change_seconds", "Age of the oldest of them.", nil, nil)
	statesDesc  = prometheus.NewDesc("gatehouse_cache_states", "Old states that the cache keeps to make those in between of.", nil, nil)
	heldDesc    = prometheus.NewDesc("gatehouse_cache_object_bytes", "What all objects take, as stored and as the cache holds them.", []string{"form"}, nil)
	encodedDesc = prometheus.NewDesc("gatehouse_cache_encoded_bytes", "What is kept of encoded lists.", nil, nil)
	indexesDesc = prometheus.NewDesc("gatehouse_cache_indexes", "Indexes that lists by a selector have given rise to.", nil, nil)
	watchesDesc = prometheus.NewDesc("gatehouse_cache_watches", "Watches that follow the cache, the server's own among them.", nil, nil)
	groupsDesc  = prometheus.NewDesc("gatehouse_cache_watch_groups", "Groups of watches that select the same.", nil, nil)
	pastDesc    = prometheus.NewDesc("gatehouse_cache_past_watches", "Watches that began so long ago that etcd still tells them what the cache has forgotten.", nil, nil)
)

// cacheCollector shows the figures of the cache itself.
type cacheCollector struct{ from *Sources }

// Describe implements prometheus.Collector.
func (c *cacheCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{changesDesc, ageDesc, statesDesc, heldDesc, encodedDesc, indexesDesc, watchesDesc, groupsDesc, pastDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *cacheCollector) Collect(to chan<- prometheus.Metric) {
	if c.from.Cache == nil {
		return
	}
	s := c.from.Cache()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	var stored, packed int64
	for _, w := range s.Collections {
		stored, packed = stored+w.Stored, packed+w.Packed
	}
	age := time.Duration(0)
	if s.Changes > 0 {
		age = time.Since(s.Since)
	}
	gauge(changesDesc, float64(s.Changes))
	gauge(ageDesc, age.Seconds())
	gauge(statesDesc, float64(s.States))
	gauge(heldDesc, float64(stored), "stored")
	gauge(heldDesc, float64(packed), "packed")
	gauge(encodedDesc, float64(s.Pieces))
	gauge(indexesDesc, float64(s.Indexes))
	gauge(watchesDesc, float64(s.Followers))
	gauge(groupsDesc, float64(s.Groups))
	gauge(pastDesc, float64(s.Past))
}
