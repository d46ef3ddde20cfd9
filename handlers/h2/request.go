package h2

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
)

type field struct{ name, value string }

// pseudo are the fields of a request that HTTP/1.1 has in its first line.
type pseudo struct{ method, scheme, authority, path string }

// take gives each pseudo-header its place. It refuses unknown ones and those that were given already.
func (p *pseudo) take(name, value string) bool {
	var to *string
	switch name {
	case ":method":
		to = &p.method
	case ":scheme":
		to = &p.scheme
	case ":authority":
		to = &p.authority
	case ":path":
		to = &p.path
	default:
		return false
	}
	if *to != "" || value == "" {
		// An empty authority says as much as none; the others must not be empty (RFC 9113 §8.3.1).
		return *to == "" && name == ":authority"
	}
	*to = value
	return true
}

// target is what the request asks for; false when that is malformed.
func (p *pseudo) target() (*url.URL, bool) {
	if p.method == http.MethodConnect {
		return &url.URL{Host: p.authority}, p.scheme == "" && p.path == "" && p.authority != ""
	}
	switch {
	case !httpguts.ValidHeaderFieldName(p.method) || p.scheme != "https" && p.scheme != "http" || p.path == "":
		return nil, false
	case p.path == "*":
		return &url.URL{Path: "*"}, p.method == http.MethodOptions
	case p.path[0] != '/':
		return nil, false
	}
	to, err := url.ParseRequestURI(p.path)
	return to, err == nil
}

// request makes a handler's request of a header, by the rules of RFC 9113 §8.
func (c *conn) request(ctx context.Context, b *block) (*http.Request, error) {
	malformed := streamError(b.id, http2.ErrCodeProtocol)
	var p pseudo
	n := 0
	for n < len(b.fields) && b.fields[n].IsPseudo() {
		if !p.take(b.fields[n].Name, b.fields[n].Value) {
			return nil, malformed
		}
		n++
	}
	to, ok := p.target()
	if !ok {
		return nil, malformed
	}
	r := c.blank.WithContext(ctx)
	r.Method, r.URL, r.RequestURI, r.Host = p.method, to, p.path, p.authority
	if p.method == http.MethodConnect {
		r.RequestURI = p.authority
	}
	fields := b.fields[n:]
	values := make([]string, len(fields)) // one array for all headers that have one value
	r.Header = make(http.Header, len(fields))
	cookies := 0
	for i, f := range fields {
		name := c.canonical(f.Name)
		if name == "Cookie" {
			if cookies++; cookies > 1 {
				continue
			}
		}
		values[i] = f.Value
		if have := r.Header[name]; have != nil {
			r.Header[name] = append(have, f.Value)
		} else {
			r.Header[name] = values[i : i+1 : i+1]
		}
	}
	if te := r.Header["Te"]; len(te) > 1 || len(te) == 1 && te[0] != "trailers" {
		return nil, malformed
	}
	if cookies > 1 {
		joinCookies(r.Header, b)
	}
	if r.Host == "" {
		r.Host = r.Header.Get("Host")
	}
	delete(r.Header, "Host") // as net/http does
	r.Trailer = announced(r.Header)
	if !c.length(r, b.end) {
		return nil, malformed
	}
	return r, nil
}

// length reads Content-Length; false when it contradicts itself or a request that has ended already.
func (c *conn) length(r *http.Request, ended bool) bool {
	if !ended {
		r.ContentLength = -1
	}
	said := r.Header["Content-Length"]
	if len(said) == 0 {
		return true
	}
	n, err := strconv.ParseUint(said[0], 10, 63)
	for _, other := range said[1:] {
		if other != said[0] {
			return false
		}
	}
	if err != nil || ended && n != 0 {
		return false
	}
	r.ContentLength = int64(n)
	return true
}

// joinCookies makes one header of those that were split for packing (RFC 9113 §8.2.3).
func joinCookies(h http.Header, b *block) {
	var all []string
	for _, f := range b.fields {
		if f.Name == "cookie" {
			all = append(all, f.Value)
		}
	}
	h["Cookie"] = []string{strings.Join(all, "; ")}
}

// announced are the trailers that the request says it will have.
func announced(h http.Header) http.Header {
	said := h["Trailer"]
	if said == nil {
		return nil
	}
	delete(h, "Trailer")
	trailer := http.Header{}
	for _, line := range said {
		for name := range strings.SplitSeq(line, ",") {
			switch name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name {
			case "", "Transfer-Encoding", "Trailer", "Content-Length": // these would change how the message is read
			default:
				trailer[name] = nil
			}
		}
	}
	return trailer
}

// maxNames is how many names of headers a connection remembers, none longer than maxName; clients use a dozen.
const maxNames, maxName = 64, 64

// canonical is http.CanonicalHeaderKey without making the string each time.
func (c *conn) canonical(name string) string {
	if known, ok := c.names[name]; ok {
		return known
	}
	made := http.CanonicalHeaderKey(name)
	if len(c.names) < maxNames && len(name) <= maxName {
		c.names[name] = made
	}
	return made
}
