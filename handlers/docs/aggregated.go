package docs

import (
	"crypto/sha512"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// aggregated is a list of whole groups. It is joined for each answer from the bytes of its versions.
type aggregated struct {
	groups []*group
	once   sync.Once
	etag   string
	err    error
}

// discovered are the bytes of one version in aggregated discovery.
type discovered struct {
	once         sync.Once
	json, binary []byte
	err          error
}

const aggregatedParameters = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

var aggregatedType = metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"}

func serveAggregated(w http.ResponseWriter, r *http.Request, a *aggregated, as form) {
	a.once.Do(func() { a.etag, a.err = a.tag() })
	if a.err != nil {
		writeStatus(w, r, internalError(a.err))
		return
	}
	h := w.Header()
	h.Set("Vary", "Accept")
	h.Set("Etag", a.etag)
	h.Set("Cache-Control", "public")
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, err := a.encode(r, as)
	if err != nil {
		h.Del("Etag")
		writeStatus(w, r, internalError(err))
		return
	}
	h.Set("Content-Type", as.media+aggregatedParameters)
	write(w, http.StatusOK, body)
}

// tag is a hash of the items without the kind, as upstream's is: replicas and a roll-back keep clients' caches.
func (a *aggregated) tag() (string, error) {
	sum := sha512.New()
	if err := a.text(`{"metadata":{},"items":[`, sum); err != nil {
		return "", err
	}
	return fmt.Sprintf(`"%X"`, sum.Sum(nil)), nil
}

func (a *aggregated) encode(r *http.Request, as form) ([]byte, error) {
	if as.media == mediaProtobuf {
		raw, err := a.binary()
		if err != nil {
			return nil, err
		}
		return envelope(aggregatedType, raw)
	}
	out := &bytesWriter{}
	if err := a.text(`{"kind":"`+aggregatedType.Kind+`","apiVersion":"`+aggregatedType.APIVersion+`","metadata":{},"items":[`, out); err != nil {
		return nil, err
	}
	return as.text(r, *out)
}

// bytesWriter keeps what is written.
type bytesWriter []byte

func (b *bytesWriter) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// text writes the list as JSON behind its head, into what never fails: a hash or a buffer.
func (a *aggregated) text(head string, w io.Writer) error {
	_, _ = w.Write([]byte(head))
	for i, g := range a.groups {
		meta, err := json.Marshal(apidiscovery.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: g.Name}})
		if err != nil {
			return fmt.Errorf("aggregated discovery of %s: %w", g.Name, err)
		}
		between := `,"versions":[`
		if i > 0 {
			_, _ = w.Write([]byte(","))
		}
		_, _ = w.Write(meta[:len(meta)-1])
		for _, v := range g.versions {
			d := v.discover()
			if d.err != nil {
				return d.err
			}
			if d.json == nil {
				continue
			}
			_, _ = w.Write([]byte(between))
			_, _ = w.Write(d.json)
			between = ","
		}
		end := "]}"
		if between != "," {
			end = "}"
		}
		_, _ = w.Write([]byte(end))
	}
	_, _ = w.Write([]byte("]}"))
	return nil
}

// The numbers of the fields in protobuf, which are the same in a list of groups and in a group: its metadata and its parts.
const (
	metadataTag = 1<<3 | 2
	itemTag     = 2<<3 | 2
)

// binary is the list as a protobuf message.
func (a *aggregated) binary() ([]byte, error) {
	listMeta, err := (&metav1.ListMeta{}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("aggregated discovery: %w", err)
	}
	out := appendField(nil, metadataTag, listMeta)
	var one []byte
	for _, g := range a.groups {
		meta, err := (&metav1.ObjectMeta{Name: g.Name}).Marshal()
		if err != nil {
			return nil, fmt.Errorf("aggregated discovery of %s: %w", g.Name, err)
		}
		one = appendField(one[:0], metadataTag, meta)
		for _, v := range g.versions {
			d := v.discover()
			if d.err != nil {
				return nil, d.err
			}
			if d.json != nil {
				one = appendField(one, itemTag, d.binary)
			}
		}
		out = appendField(out, itemTag, one)
	}
	return out, nil
}

func appendField(dst []byte, tag byte, content []byte) []byte {
	return append(binary.AppendUvarint(append(dst, tag), uint64(len(content))), content...)
}

func hash(b []byte) string { return fmt.Sprintf("%X", sha512.Sum512(b)) }

// discover makes the version's part; one without bytes when nothing is known of another server's version.
func (v *groupVersion) discover() *discovered {
	v.discovered.once.Do(func() {
		d := &v.discovered
		of := versionDiscovery(v.Version)
		if of == nil {
			return
		}
		if d.json, d.err = json.Marshal(of); d.err == nil {
			d.binary, d.err = of.Marshal()
		}
		if d.err != nil {
			d.err = fmt.Errorf("aggregated discovery of %s: %w", groupVersionName(v.Group, v.Name), d.err)
		}
	})
	return &v.discovered
}

func versionDiscovery(v *resource.Version) resource.Message {
	if v.Elsewhere != nil {
		return v.Elsewhere.Discovered
	}
	out := &apidiscovery.APIVersionDiscovery{Version: v.Name, Freshness: apidiscovery.DiscoveryFreshnessCurrent}
	for r := range v.Resources() {
		out.Resources = append(out.Resources, aggregatedResource(r))
	}
	return out
}

func aggregatedResource(r *resource.Resource) apidiscovery.APIResourceDiscovery {
	out := apidiscovery.APIResourceDiscovery{
		Resource: r.Resource, ResponseKind: responseKind(r), Scope: apidiscovery.ScopeCluster, SingularResource: r.Singular,
		Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
	}
	if r.Namespaced {
		out.Scope = apidiscovery.ScopeNamespace
	}
	for _, s := range subresources(r) {
		out.Subresources = append(out.Subresources,
			apidiscovery.APISubresourceDiscovery{Subresource: s.Subresource, ResponseKind: responseKind(s), Verbs: s.Verbs})
	}
	return out
}

// responseKind leaves group and version out where they are those of the list, as in the unaggregated answers.
func responseKind(r *resource.Resource) *metav1.GroupVersionKind {
	if r.KindGroup == r.Group && r.KindVersion == r.Version {
		return &metav1.GroupVersionKind{Kind: r.Kind}
	}
	return &metav1.GroupVersionKind{Group: r.KindGroup, Version: r.KindVersion, Kind: r.Kind}
}
