package docs

import (
	"strings"

	"github.com/munnerz/goautoneg"
)

const (
	mediaJSON     = "application/json"
	mediaYAML     = "application/yaml"
	mediaProtobuf = "application/vnd.kubernetes.protobuf"
)

// served are the media types of discovery; the first one is for clients that do not care.
var served = []string{mediaJSON, mediaYAML, mediaProtobuf}

// form is how a client wants its answer.
type form struct {
	media      string
	aggregated bool
	pretty     bool
}

// negotiate finds the first form of an Accept header, by the client's preference, that can be served. The aggregated form
// is possible only where aggregable says so; any other transformation (Table and the like) never is. The first result is
// false when the media type alone, without its parameters, is already unknown.
func negotiate(accept string, aggregable bool) (known bool, as form, ok bool) {
	if accept == "" {
		return true, form{media: served[0]}, true
	}
	for _, clause := range goautoneg.ParseAccept(accept) {
		for _, media := range served {
			kind, subkind, _ := strings.Cut(media, "/")
			if clause.Type != kind && clause.Type != "*" || clause.SubType != subkind && clause.SubType != "*" {
				continue
			}
			known = true
			if as, ok := accepts(clause.Params, aggregable); ok {
				as.media = media
				return known, as, true
			}
		}
	}
	return known, form{}, false
}

func accepts(params map[string]string, aggregable bool) (form, bool) {
	as, g, v := params["as"], params["g"], params["v"]
	if params["sv"] != "" || params["stream"] != "" && params["stream"] != "watch" {
		return form{}, false
	}
	out := form{pretty: params["pretty"] == "1"}
	if as == "" && g == "" && v == "" {
		return out, true
	}
	out.aggregated = as == "APIGroupDiscoveryList" && g == "apidiscovery.k8s.io" && v == "v2"
	return out, aggregable && out.aggregated
}

// namesOne says whether the Accept header literally lists one of the media types or */*. Upstream's router checks
// this before its negotiation and words its refusal differently.
func namesOne(accept string, media []string) bool {
	if accept == "" {
		return true
	}
	for _, one := range strings.Split(accept, ",") {
		one, _, _ = strings.Cut(one, ";")
		one = strings.TrimSpace(one)
		if one == "*/*" {
			return true
		}
		for _, m := range media {
			if m == one {
				return true
			}
		}
	}
	return false
}
