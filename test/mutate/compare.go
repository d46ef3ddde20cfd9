package mutate

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// pair are the two servers.
type pair struct {
	ours, reference side
	namespace       string
}

// both sends a body to both at the same time. body is asked for that of each.
func (p *pair) both(method, path string, body func(s side) any) (ours, theirs verdict, err error) {
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { theirs, failed = p.reference.send(method, path, body(p.reference)) })
	ours, err = p.ours.send(method, path, body(p.ours))
	wg.Wait()
	if err == nil {
		err = failed
	}
	return ours, theirs, err
}

// exist creates the object of a subject on both sides.
func (p *pair) exist(s *subject) error {
	body := clone(s.body).(map[string]any)
	if meta, ok := body["metadata"].(map[string]any); ok {
		delete(meta, "ownerReferences") // whose owners are not there is collected
	}
	for _, side := range []side{p.ours, p.reference} {
		v, err := side.send(http.MethodPost, s.collection(p.namespace), body)
		if err != nil {
			return err
		}
		if v.Code >= 300 && v.Code != http.StatusConflict {
			return fmt.Errorf("%s is not created at %s: %d %v", s.name, side.url, v.Code, v.Causes)
		}
	}
	return nil
}

// remove deletes the object of a subject on both sides, so that another run finds what this one found.
func (p *pair) remove(s *subject) error {
	for _, side := range []side{p.ours, p.reference} {
		path := s.path(p.namespace)
		if _, err := side.send(http.MethodDelete, path, map[string]any{"gracePeriodSeconds": 0, "propagationPolicy": "Background"}); err != nil {
			return err
		}
		// What finalizers hold goes with them. Nobody but this test uses what it made.
		if _, err := side.send(http.MethodPatch, path, map[string]any{"metadata": map[string]any{"finalizers": nil}}); err != nil {
			return err
		}
		if s.row.Kind != "Namespace" {
			continue
		}
		empty := map[string]any{"metadata": s.body["metadata"], "spec": map[string]any{"finalizers": []any{}}}
		if _, err := side.send(http.MethodPut, path+"/finalize", empty); err != nil {
			return err
		}
	}
	return nil
}

// finding is a difference and where it was found.
type finding struct{ name, what, text string }

// run sends all cases of a subject in a mode and returns how many there were and which differ.
func (p *pair) run(s *subject, mode string, cases []spoiled) (found []finding, err error) {
	method, path := http.MethodPost, s.collection(p.namespace)
	versions := map[string]string{}
	if mode != modeCreate {
		path = s.path(p.namespace)
		for _, side := range []side{p.ours, p.reference} {
			if versions[side.url], err = side.version(strings.TrimSuffix(path, "/"+s.row.Subresource)); err != nil {
				return nil, err
			}
		}
		if mode == modeStatus {
			path += "/status"
		}
		if mode != modeBody || !s.verb("create") {
			method = http.MethodPut
		}
	}
	results := make([]*finding, len(cases))
	work, failures := make(chan int), make(chan error, atOnce)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := range work {
				body := func(side side) any { return versioned(cases[i].object, method, versions[side.url]) }
				text, err := p.judge(method, path+"?dryRun=All", body, cases[i].what == asIs && mode == modeCreate)
				if err != nil {
					select {
					case failures <- err:
					default:
					}
				} else if text != "" {
					results[i] = &finding{fmt.Sprintf("%s %s %s", s.name, mode, cases[i].what), cases[i].what, text}
				}
			}
		})
	}
	for i := range cases {
		work <- i
	}
	close(work)
	wg.Wait()
	select {
	case err := <-failures:
		return nil, err
	default:
	}
	for _, r := range results {
		if r != nil {
			found = append(found, *r)
		}
	}
	return found, nil
}

// versioned is a body with the version of the object that it replaces, which some resources demand.
func versioned(object map[string]any, method, version string) any {
	if method != http.MethodPut {
		return object
	}
	out := map[string]any{}
	for k, v := range object {
		out[k] = v
	}
	meta := map[string]any{"resourceVersion": version}
	if now, ok := out["metadata"].(map[string]any); ok {
		for k, v := range now {
			meta[k] = v
		}
	}
	out["metadata"] = meta
	return out
}

// orders is how often the reference is asked again where only the order of causes differs: it may be random.
const orders = 4

// onlyOrderText begins a difference of the order of causes and nothing else.
const onlyOrderText = "  only the order\n"

// judge sends one case and says how the answers differ.
func (p *pair) judge(method, path string, body func(side) any, good bool) (string, error) {
	ours, theirs, err := p.both(method, path, body)
	if err != nil {
		return "", err
	}
	if good && theirs.Code >= 300 {
		return fmt.Sprintf("  the object is not good: %d %v", theirs.Code, theirs.Causes), nil
	}
	d := difference(ours, theirs)
	if d == "" || !onlyOrder(ours, theirs) {
		return d, nil
	}
	for range orders {
		again, err := p.reference.send(method, path, body(p.reference))
		if err != nil {
			return "", err
		}
		if difference(again, theirs) != "" {
			return "", nil // random
		}
	}
	return onlyOrderText + d, nil
}
