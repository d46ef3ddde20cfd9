package kube

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// eventReader reads the events of a watch, one a line.
type eventReader struct {
	in *bufio.Reader
	// long collects a line that does not fit into the reader.
	long []byte
}

func newEventReader(in io.Reader) *eventReader {
	return &eventReader{in: bufio.NewReaderSize(in, 64<<10)}
}

// next is the next event; its kind is empty at the end. An ERROR event is the error that it tells.
func (r *eventReader) next(f form) (watch.EventType, any, error) {
	for {
		line, err := r.line()
		if len(bytes.TrimSpace(line)) == 0 {
			if errors.Is(err, io.EOF) {
				return "", nil, nil
			}
			if err != nil {
				return "", nil, err
			}
			continue
		}
		if err != nil { // half an event: the connection broke
			return "", nil, io.ErrUnexpectedEOF
		}
		return readEvent(line, f)
	}
}

// line is the next line, valid until the one after it.
func (r *eventReader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	r.long = r.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		r.long = append(r.long, line...)
		line, err = r.in.ReadSlice('\n')
	}
	r.long = append(r.long, line...)
	return r.long, err
}

func readEvent(line []byte, f form) (watch.EventType, any, error) {
	kind, raw := splitEvent(line)
	if raw == nil {
		var event struct {
			Type   watch.EventType `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return "", nil, fmt.Errorf("event of a watch: %w", err)
		}
		kind, raw = event.Type, event.Object
	}
	if kind == watch.Error {
		if err := statusError(raw); err != nil {
			return "", nil, err
		}
		return "", nil, apierrors.FromObject(&metav1.Status{Status: metav1.StatusFailure, Message: "the watch failed: " + string(raw)})
	}
	object := f.object()
	if err := decode(raw, object); err != nil {
		return "", nil, fmt.Errorf("event of a watch: %w", err)
	}
	return kind, object, nil
}

// splitEvent cuts an event that is written as servers write it, which saves a reading of the object; nil for any other.
func splitEvent(line []byte) (watch.EventType, []byte) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"type":"`))
	if !ok {
		return "", nil
	}
	kind, rest, ok := bytes.Cut(rest, []byte(`","object":`))
	if !ok || bytes.ContainsAny(kind, `"\`) {
		return "", nil
	}
	rest, ok = bytes.CutSuffix(bytes.TrimRight(rest, " \r\n"), []byte("}"))
	if !ok || len(rest) == 0 || rest[len(rest)-1] != '}' {
		return "", nil
	}
	return watch.EventType(kind), rest
}
