package h2

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// head is the header of an answer, fixed when the handler calls WriteHeader.
type head struct {
	status int
	fields []hpack.HeaderField
	// What was among the fields.
	hasType, hasDate, hasEncoding bool
	// length is that of the body as the handler said, or -1.
	length int64
	// bodiless is an answer without a body; what the handler writes is dropped.
	bodiless bool
}

// collect takes over what the handler has set. What HTTP/2 has no place for is left out, and so is what is no field at all.
func (h *head) collect(header http.Header) {
	for name, values := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) || !httpguts.ValidHeaderFieldName(name) {
			continue
		}
		low := lower(name)
		if aboutConnection(low) {
			continue
		}
		if low == "content-length" && !h.takeLength(values) {
			continue
		}
		for _, v := range values {
			if httpguts.ValidHeaderFieldValue(v) {
				h.fields = append(h.fields, hpack.HeaderField{Name: low, Value: v, Sensitive: fleeting(low)})
			}
		}
		switch low {
		case "content-type":
			h.hasType = true // with no values as well: that is how a handler says that there shall be none
		case "date":
			h.hasDate = true
		case "content-encoding":
			h.hasEncoding = h.hasEncoding || len(values) > 0 && values[0] != ""
		}
	}
}

// takeLength says whether Content-Length may be sent. Where there is no body it says what the body would be, but for 204.
func (h *head) takeLength(values []string) bool {
	if len(values) != 1 || h.status == http.StatusNoContent {
		return false
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err == nil && bodyAllowed(h.status) {
		h.length = int64(n)
	}
	return err == nil
}

// fleeting are the headers whose values differ in each answer: they would drive what repeats from the client's table, and
// cost a place in ours.
func fleeting(name string) bool {
	switch name {
	case "audit-id", "content-length", "etag", "location":
		return true
	}
	return false
}

// complete adds what the handler has left to us: start is the beginning of the body, length its length or -1.
func (h *head) complete(start []byte, length int64) {
	if !h.hasType && !h.hasEncoding && len(start) > 0 && bodyAllowed(h.status) {
		h.fields = append(h.fields, hpack.HeaderField{Name: "content-type", Value: http.DetectContentType(start)})
	}
	if !h.hasDate {
		h.fields = append(h.fields, hpack.HeaderField{Name: "date", Value: date()})
	}
	if h.length < 0 && length >= 0 && bodyAllowed(h.status) {
		h.fields = append(h.fields, hpack.HeaderField{Name: "content-length", Value: strconv.FormatInt(length, 10), Sensitive: true})
	}
}

// addHead packs a header into the connection's buffer. c.mu is held.
func (c *conn) addHead(id uint32, h *head, end bool) {
	c.pack(hpack.HeaderField{Name: ":status", Value: status(h.status)})
	for _, f := range h.fields {
		c.pack(f)
	}
	c.addBlock(id, end)
}

// addInformation adds a header that is followed by another. c.mu is held, and the caller must kick.
func (c *conn) addInformation(id uint32, code int, header http.Header) {
	h := head{status: code, length: -1}
	h.collect(header)
	c.addHead(id, &h, false)
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

func status(code int) string {
	if code == http.StatusOK {
		return "200"
	}
	return strconv.Itoa(code)
}

var lowered = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		"Audit-Id", "Cache-Control", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Etag", "Last-Modified",
		"Location", "Retry-After", "Trailer", "Vary", "Warning", "X-Content-Type-Options",
		"X-Kubernetes-Pf-Flowschema-Uid", "X-Kubernetes-Pf-Prioritylevel-Uid",
	} {
		m[name] = strings.ToLower(name)
	}
	return m
}()

func lower(name string) string {
	if low, known := lowered[name]; known {
		return low
	}
	return strings.ToLower(name)
}

type dated struct {
	second int64
	text   string
}

var lastDate atomic.Pointer[dated]

// date is now as answers say it, made once in a second.
func date() string {
	now := time.Now()
	if last := lastDate.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	made := &dated{now.Unix(), now.UTC().Format(http.TimeFormat)}
	lastDate.Store(made)
	return made.text
}

// httpTokensContain says whether a list of tokens over any number of headers has one.
func httpTokensContain(values []string, token string) bool {
	return httpguts.HeaderValuesContainsToken(values, token)
}
