package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Sources are what is read off when somebody asks, because it is known without counting. A source that is nil is not asked.
type Sources struct {
	// Stored are the stored objects by resource.
	Stored func() []Stored
	// Cache are the figures of the cache.
	Cache func() cache.Stats
	// Size is what the store takes on disk.
	Size func(context.Context) (int64, error)
	// Audited are the events of the audit log, and the requests that were refused for want of one.
	Audited func() (events, rejected int64)
	// Served says whether a resource is still served; nil when they stay.
	Served func(schema.GroupVersionResource) bool
	// Queues are the work queues of the server's own controllers; nil for none.
	Queues func() []queue.Stats
	// Features are the feature gates; nil has them as they are by default.
	Features *features.Features
}

// Stored is how much there is of one resource, in a state of some revision. Bytes is what its objects take in the store,
// about.
type Stored struct {
	schema.GroupResource
	Objects  int
	Bytes    int64
	Revision int64
	// Loads is how often the cache has loaded them.
	Loads int64
}

var (
	resourceLabels = []string{"group", "resource"}

	objectsDesc = prometheus.NewDesc("apiserver_resource_objects", "Stored objects.", resourceLabels, nil)
	bytesDesc   = prometheus.NewDesc("apiserver_resource_size_estimate_bytes", "What the stored objects take, about.", resourceLabels, nil)
	// Upstream has deprecated this one; dashboards still ask for it.
	storageDesc  = prometheus.NewDesc("apiserver_storage_objects", "Stored objects; apiserver_resource_objects says the same.", []string{"resource"}, nil)
	revisionDesc = prometheus.NewDesc("apiserver_watch_cache_resource_version", "Revision that the cache has reached, its last 15 digits.", resourceLabels, nil)
	loadsDesc    = prometheus.NewDesc("apiserver_watch_cache_initializations_total", "How often the cache was loaded, with all resources.", resourceLabels, nil)
	sizeDesc     = prometheus.NewDesc("apiserver_storage_size_bytes", "Size of the database file.", []string{"storage_cluster_id"}, nil)
)

const (
	// exactDigits bounds revisions to what a float holds exactly, as upstream does.
	exactDigits = 1_000_000_000_000_000
	// There is one etcd; upstream numbers them.
	clusterID = "etcd-0"
	// sizeLimit is how long etcd may take to tell its size: the other numbers are not to wait for it.
	sizeLimit = time.Second
)

// storedCollector reads the numbers of objects off the cache, which knows them without counting.
type storedCollector struct{ from *Sources }

// Describe implements prometheus.Collector.
func (c *storedCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{objectsDesc, bytesDesc, storageDesc, revisionDesc, loadsDesc, sizeDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *storedCollector) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	if c.from.Stored != nil {
		for _, s := range c.from.Stored() {
			gauge(objectsDesc, float64(s.Objects), s.Group, s.Resource)
			gauge(bytesDesc, float64(s.Bytes), s.Group, s.Resource)
			gauge(storageDesc, float64(s.Objects), s.GroupResource.String())
			gauge(revisionDesc, float64(s.Revision%exactDigits), s.Group, s.Resource)
			to <- prometheus.MustNewConstMetric(loadsDesc, prometheus.CounterValue, float64(s.Loads), s.Group, s.Resource)
		}
	}
	if c.from.Size != nil {
		ctx, cancel := context.WithTimeout(context.Background(), sizeLimit)
		defer cancel()
		// A store that does not answer has no size now; /readyz says what is wrong with it.
		if size, err := c.from.Size(ctx); err == nil {
			gauge(sizeDesc, float64(size), clusterID)
		}
	}
}
