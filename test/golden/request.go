package golden

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// A Request is the upper half of a step. Exactly one of four things happens: an HTTP request is sent and its answer
// read whole; an HTTP request opens a watch that stays open under a name; events are read from such a watch; or the server
// is made to forget its history.
type Request struct {
	Method, Target string
	Header         http.Header
	Body           string

	Watch   string // name under which the answer's stream stays open
	Socket  bool   // the stream is a WebSocket
	Events  *Events
	Compact string // revision before which history is forgotten

	Captures []Capture
	Asserts  []Assert
	Masks    []Path
	MaskText []*regexp.Regexp
	Show     []Path
	Raw      bool
	// Again sends the request until the assertions hold: for what takes effect a moment after it was answered.
	Again bool
}

// Events says how much to read from an open watch.
type Events struct {
	Watch string
	Count int    // so many events
	Until string // or up to the first event of this type
	End   bool   // or until the server closes the stream
}

// A Capture names a value of the answer for later steps: one of the body, or a header.
type Capture struct {
	Name   string
	Path   Path
	Header string
}

// An Assert compares a value of the answer, before masking, with a captured one.
type Assert struct {
	Path Path
	Op   string // ==, !=, or > for resource versions
	Want string
}

func parseRequest(lines []string) (req Request, differs string, err error) {
	req.Header = http.Header{}
	i := 0
	for ; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		if word == differsStart {
			if rest == "" {
				return req, "", fmt.Errorf("%q needs a reason", differsStart)
			}
			differs = rest
			continue
		}
		known, err := req.directive(word, rest)
		if err != nil {
			return req, "", err
		}
		if !known {
			break
		}
	}
	if req.Events != nil || req.Compact != "" {
		if i < len(lines) && block(lines[i:]) != "" {
			return req, "", fmt.Errorf("a step that reads events or compacts sends no request")
		}
		return req, differs, nil
	}
	if i == len(lines) {
		return req, "", fmt.Errorf("no request line")
	}
	return req, differs, req.http(lines[i:])
}

// directive takes one line above the request line. It reports false for a line that is none.
func (r *Request) directive(word, rest string) (bool, error) {
	fields := strings.Fields(rest)
	switch word {
	case "capture":
		return true, r.capture(fields)
	case "assert":
		if len(fields) < 3 {
			return true, fmt.Errorf("want: assert PATH OP VALUE")
		}
		path, err := ParsePath(fields[0])
		r.Asserts = append(r.Asserts, Assert{path, fields[1], strings.Join(fields[2:], " ")})
		return true, err
	case "mask", "show":
		for _, field := range fields {
			path, err := ParsePath(field)
			if err != nil {
				return true, err
			}
			if word == "mask" {
				r.Masks = append(r.Masks, path)
			} else {
				r.Show = append(r.Show, path)
			}
		}
		return true, nil
	case "masktext":
		expr, err := regexp.Compile(rest)
		r.MaskText = append(r.MaskText, expr)
		return true, err
	case "again":
		r.Again = true
		return true, nil
	case "raw":
		r.Raw = true
		return true, nil
	case "watch", "socket":
		if len(fields) != 1 {
			return true, fmt.Errorf("want: %s NAME", word)
		}
		r.Watch, r.Socket = fields[0], word == "socket"
		return true, nil
	case "compact":
		if len(fields) != 1 {
			return true, fmt.Errorf("want: compact REVISION")
		}
		r.Compact = fields[0]
		return true, nil
	case "events":
		return true, r.events(fields)
	}
	return false, nil
}

func (r *Request) capture(fields []string) error {
	if len(fields) != 3 || fields[1] != "=" {
		return fmt.Errorf("want: capture NAME = PATH | capture NAME = header:NAME")
	}
	if header, ok := strings.CutPrefix(fields[2], "header:"); ok {
		r.Captures = append(r.Captures, Capture{Name: fields[0], Header: header})
		return nil
	}
	path, err := ParsePath(fields[2])
	r.Captures = append(r.Captures, Capture{Name: fields[0], Path: path})
	return err
}

func (r *Request) events(fields []string) error {
	r.Events = &Events{}
	switch {
	case len(fields) == 2 && fields[1] == "end":
		r.Events.End = true
	case len(fields) == 2:
		n, err := strconv.Atoi(fields[1])
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of events", fields[1])
		}
		r.Events.Count = n
	case len(fields) == 3 && fields[1] == "until":
		r.Events.Until = fields[2]
	default:
		return fmt.Errorf("want: events NAME COUNT | events NAME until TYPE | events NAME end")
	}
	r.Events.Watch = fields[0]
	return nil
}

func (r *Request) http(lines []string) error {
	var ok bool
	r.Method, r.Target, ok = strings.Cut(lines[0], " ")
	if !ok || r.Method != strings.ToUpper(r.Method) || !strings.HasPrefix(r.Target, "/") {
		return fmt.Errorf("%q is neither a directive nor a request line (METHOD /path)", lines[0])
	}
	for i, line := range lines[1:] {
		if line == "" {
			r.Body = block(lines[i+2:])
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("header line %q: want Name: value", line)
		}
		r.Header.Add(name, strings.TrimSpace(value))
	}
	if r.Body != "" && r.Header["Content-Type"] == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return nil
}
