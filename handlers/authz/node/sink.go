package node

import (
	"iter"
	"log/slog"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// followed are the resources that say something about nodes, and what the graph calls them.
var followed = []struct {
	storage.Collection
	kind kind
	name string
}{
	{resource.KeysOf("", "pods"), pods, "Pod"},
	{resource.KeysOf("", "persistentvolumes"), volumes, "PersistentVolume"},
	{resource.KeysOf("storage.k8s.io", "volumeattachments"), attachments, "VolumeAttachment"},
	{resource.KeysOf("resource.k8s.io", "resourceslices"), slicesOfNodes, "ResourceSlice"},
	{resource.KeysOf("certificates.k8s.io", "podcertificaterequests"), certificateRequests, "PodCertificateRequest"},
}

var collections = func() (out []storage.Collection) {
	for _, f := range followed {
		out = append(out, f.Collection)
	}
	return out
}()

// sink writes what the feed reads into the graph. An object that cannot be read gives no access.
type sink struct {
	graph *graph
	plans plans
	log   *slog.Logger
}

func key(prefix int, path string) ref {
	namespace, name := followed[prefix].Split(path)
	return ref{followed[prefix].kind, namespace, name}
}

// Replace implements feed.Sink.
func (s *sink) Replace(prefix int, items iter.Seq2[storage.KeyValue, error]) {
	listed := map[ref]bool{}
	for kv, err := range items {
		if err != nil {
			return
		}
		listed[key(prefix, kv.Key)] = true
		s.put(prefix, kv)
	}
	s.graph.keep(followed[prefix].kind, listed)
}

// Change implements feed.Sink.
func (s *sink) Change(prefix int, e storage.Event) {
	if e.Type == storage.Deleted {
		s.graph.delete(key(prefix, e.Key))
		return
	}
	s.put(prefix, storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision})
}

// Publish implements feed.Sink: changes are seen at once, so all that is new is that nothing is missing.
func (s *sink) Publish() { s.graph.complete.Store(true) }

func (s *sink) put(prefix int, kv storage.KeyValue) {
	k := key(prefix, kv.Key)
	var node string
	var claim *ref
	var refs []ref
	var err error
	switch k.kind {
	case pods:
		node, refs, err = s.plans.references(k.namespace, k.name, kv.Value)
	case volumes:
		claim, refs, err = volume(kv, k.name)
	default:
		node, err = s.plans.nodeOf(followed[prefix].name, kv.Value)
		refs = []ref{k}
	}
	if err != nil {
		s.log.Error("an object cannot be read and gives no node access", "key", kv.Key, "error", err)
		s.graph.delete(k)
		return
	}
	s.graph.put(k, node, claim, refs)
}
