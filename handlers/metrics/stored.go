package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Stored is how much there is of one resource, in a state of some revision.
type Stored struct {
	schema.GroupResource
	Objects  int
	Revision int64
}

var (
	objectsDesc = prometheus.NewDesc("apiserver_resource_objects", "Stored objects.", []string{"group", "resource"}, nil)
	// The original has deprecated this one; dashboards still ask for it.
	storageDesc  = prometheus.NewDesc("apiserver_storage_objects", "Stored objects; apiserver_resource_objects says the same.", []string{"resource"}, nil)
	revisionDesc = prometheus.NewDesc("apiserver_watch_cache_resource_version", "Revision that the cache has reached, its last 15 digits.", []string{"group", "resource"}, nil)
)

// exactDigits bounds revisions to what a float holds exactly, as the original does.
const exactDigits = 1_000_000_000_000_000

// storedCollector reads the numbers off the cache, which knows them without counting.
type storedCollector struct{ read func() []Stored }

// Describe implements prometheus.Collector.
func (c *storedCollector) Describe(to chan<- *prometheus.Desc) {
	to <- objectsDesc
	to <- storageDesc
	to <- revisionDesc
}

// Collect implements prometheus.Collector.
func (c *storedCollector) Collect(to chan<- prometheus.Metric) {
	if c.read == nil {
		return
	}
	for _, s := range c.read() {
		objects := float64(s.Objects)
		to <- prometheus.MustNewConstMetric(objectsDesc, prometheus.GaugeValue, objects, s.Group, s.Resource)
		to <- prometheus.MustNewConstMetric(storageDesc, prometheus.GaugeValue, objects, s.GroupResource.String())
		to <- prometheus.MustNewConstMetric(revisionDesc, prometheus.GaugeValue, float64(s.Revision%exactDigits), s.Group, s.Resource)
	}
}
