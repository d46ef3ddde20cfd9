package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
)

// The work queues of the server's own controllers, under the names that upstream's have.
var (
	queueAddsDesc       = queueDesc("workqueue_adds_total", "Keys that were put into the queue.")
	queueDepthDesc      = queueDesc("workqueue_depth", "Keys that wait in it.")
	queueRetriesDesc    = queueDesc("workqueue_retries_total", "Keys that failed and came again.")
	queueWaitedDesc     = queueDesc("workqueue_queue_duration_seconds", "How long keys have waited.")
	queueWorkedDesc     = queueDesc("workqueue_work_duration_seconds", "How long the work on a key took.")
	queueUnfinishedDesc = queueDesc("workqueue_unfinished_work_seconds", "How long the work that is under way has taken, together.")
	queueLongestDesc    = queueDesc("workqueue_longest_running_processor_seconds", "The longest of that.")
)

func queueDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"name"}, nil)
}

// queueCollector shows them.
type queueCollector struct{ from *Sources }

// Describe implements prometheus.Collector.
func (c *queueCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueAddsDesc, queueDepthDesc, queueRetriesDesc, queueWaitedDesc, queueWorkedDesc, queueUnfinishedDesc, queueLongestDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *queueCollector) Collect(to chan<- prometheus.Metric) {
	if c.from.Queues == nil {
		return
	}
	for _, q := range c.from.Queues() {
		for d, value := range map[*prometheus.Desc]uint64{queueAddsDesc: q.Adds, queueRetriesDesc: q.Retries} {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), q.Name)
		}
		for d, value := range map[*prometheus.Desc]float64{queueDepthDesc: float64(q.Depth), queueUnfinishedDesc: q.Unfinished.Seconds(), queueLongestDesc: q.Longest.Seconds()} {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, q.Name)
		}
		for d, h := range map[*prometheus.Desc]queue.Durations{queueWaitedDesc: q.Waited, queueWorkedDesc: q.Worked} {
			buckets := make(map[float64]uint64, len(queue.Bounds))
			for i, bound := range queue.Bounds {
				buckets[bound] = h.Buckets[i]
			}
			to <- prometheus.MustNewConstHistogram(d, h.Count, h.Seconds, buckets, q.Name)
		}
	}
}
