package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Writer writes events as lines, each whole.
type Writer struct {
	mu     sync.Mutex
	out    io.Writer
	close  func() error
	legacy bool
	log    *slog.Logger
}

// NewFile writes to a file, which it puts aside when it has become large. With legacy, lines are text.
func NewFile(path string, r Rotation, legacy bool, log *slog.Logger) *Writer {
	file := newRotating(path, r, log)
	return &Writer{out: file, close: file.Close, legacy: legacy, log: log}
}

// NewWriter writes to out, which it does not close.
func NewWriter(out io.Writer, legacy bool, log *slog.Logger) *Writer {
	return &Writer{out: out, close: func() error { return nil }, legacy: legacy, log: log}
}

// Process writes the events.
func (w *Writer) Process(events ...*Event) bool {
	safe := true
	for _, e := range events {
		line, err := w.line(e)
		if err == nil {
			w.mu.Lock()
			_, err = w.out.Write(line)
			w.mu.Unlock()
		}
		if err != nil {
			w.log.Error("writing the audit log", "auditID", e.AuditID, "error", err)
			safe = false
		}
	}
	return safe
}

func (w *Writer) line(e *Event) ([]byte, error) {
	if w.legacy {
		return []byte(legacyLine(e)), nil
	}
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// Close closes the file.
func (w *Writer) Close() {
	if err := w.close(); err != nil {
		w.log.Error("closing the audit log", "error", err)
	}
}

// legacyLine is the text form of an event.
func legacyLine(e *Event) string {
	none := func(s string) string {
		if s == "" {
			return "<none>"
		}
		return s
	}
	quoted := func(list []string) string {
		if len(list) == 0 {
			return "<none>"
		}
		parts := make([]string, len(list))
		for i, s := range list {
			parts[i] = fmt.Sprintf("%q", s)
		}
		return strings.Join(parts, ",")
	}
	as, asGroups := "<self>", "<lookup>"
	if u := e.ImpersonatedUser; u != nil {
		as = u.Username
		if u.Groups != nil {
			asGroups = quoted(u.Groups)
		}
	}
	namespace, response, ip := "<none>", "<deferred>", "<unknown>"
	if e.ObjectRef != nil && e.ObjectRef.Namespace != "" {
		namespace = e.ObjectRef.Namespace
	}
	if e.ResponseStatus != nil {
		response = fmt.Sprint(e.ResponseStatus.Code)
	}
	if len(e.SourceIPs) > 0 {
		ip = e.SourceIPs[0]
	}
	return fmt.Sprintf("%s AUDIT: id=%q stage=%q ip=%q method=%q user=%q groups=%q as=%q asgroups=%q user-agent=%q namespace=%q uri=%q response=\"%s\"\n",
		e.RequestReceivedTimestamp.Format(time.RFC3339Nano), e.AuditID, e.Stage, ip, e.Verb, none(e.User.Username), quoted(e.User.Groups),
		as, asGroups, e.UserAgent, namespace, e.RequestURI, response)
}
