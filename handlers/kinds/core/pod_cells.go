package core

import (
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// podState is the state of the containers in the columns of a pod.
type podState struct {
	ready, total, restarts int
	lastRestart            time.Time
	reason                 string
}

func podReady(p *corev1.Pod) string {
	s := stateOf(p)
	return strconv.Itoa(s.ready) + "/" + strconv.Itoa(s.total)
}

func podReason(p *corev1.Pod) string { return stateOf(p).reason }

func podRestarts(p *corev1.Pod, now time.Time) string {
	s := stateOf(p)
	if s.restarts == 0 || s.lastRestart.IsZero() {
		return strconv.Itoa(s.restarts)
	}
	return fmt.Sprintf("%d (%s ago)", s.restarts, kind.Age(s.lastRestart, now))
}

func stateOf(p *corev1.Pod) podState {
	s := podState{reason: p.Status.Phase, total: len(p.Spec.Containers)}
	if p.Status.Reason != "" {
		s.reason = p.Status.Reason
	}
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == "PodScheduled" && c.Reason == "SchedulingGated" {
			s.reason = c.Reason
		}
	}
	for i := range p.Spec.InitContainers {
		if isSidecar(&p.Spec.InitContainers[i]) {
			s.total++
		}
	}
	sidecars, initializing := s.initContainers(p)
	if !initializing || podCondition(p, "Initialized") {
		// Restarts of completed init containers do not count any more.
		s.restarts, s.lastRestart = sidecars.restarts, sidecars.lastRestart
		s.containers(p)
	}
	switch {
	case p.DeletionTimestamp == nil:
	case p.Status.Reason == "NodeLost":
		s.reason = "Unknown"
	case p.Status.Phase != "Failed" && p.Status.Phase != "Succeeded":
		s.reason = "Terminating"
	}
	return s
}

// initContainers sets the reason from the first init container that has not completed. It returns the restarts of the sidecars.
func (s *podState) initContainers(p *corev1.Pod) (sidecars podState, initializing bool) {
	find := initContainers{of: p.Spec.InitContainers}
	for i := range p.Status.InitContainerStatuses {
		c := &p.Status.InitContainerStatuses[i]
		sidecar := isSidecar(find.named(c.Name, i))
		s.restarted(c)
		if sidecar {
			sidecars.restarted(c)
		}
		ended := c.State.Terminated
		switch {
		case ended != nil && ended.ExitCode == 0:
			continue
		case sidecar && c.Started != nil && *c.Started:
			if c.Ready {
				s.ready++
			}
			continue
		case ended != nil:
			s.reason = "Init:" + endReason(ended)
		case c.State.Waiting != nil && c.State.Waiting.Reason != "" && c.State.Waiting.Reason != "PodInitializing":
			s.reason = "Init:" + c.State.Waiting.Reason
		default:
			s.reason = fmt.Sprintf("Init:%d/%d", i, len(p.Spec.InitContainers))
		}
		return sidecars, true
	}
	return sidecars, false
}

// containers iterates from the last to the first container, so that the first one's reason takes precedence.
func (s *podState) containers(p *corev1.Pod) {
	running, failure := false, ""
	for i := len(p.Status.ContainerStatuses) - 1; i >= 0; i-- {
		c := &p.Status.ContainerStatuses[i]
		s.restarted(c)
		switch {
		case c.State.Waiting != nil && c.State.Waiting.Reason != "":
			s.reason = c.State.Waiting.Reason
		case c.State.Terminated != nil:
			s.reason = endReason(c.State.Terminated)
			if c.State.Terminated.ExitCode != 0 {
				failure = s.reason
			}
		case c.Ready && c.State.Running != nil:
			running = true
			s.ready++
		}
	}
	// A completed container beside a running one does not make the pod completed.
	switch {
	case s.reason != "Completed":
	case running && podCondition(p, "Ready"):
		s.reason = "Running"
	case failure != "":
		s.reason = failure
	case running:
		s.reason = "NotReady"
	}
}

func (s *podState) restarted(c *corev1.ContainerStatus) {
	s.restarts += int(c.RestartCount)
	if last := c.LastTerminationState.Terminated; last != nil && s.lastRestart.Before(last.FinishedAt.Time) {
		s.lastRestart = last.FinishedAt.Time
	}
}

func endReason(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	}
	return fmt.Sprintf("ExitCode:%d", t.ExitCode)
}

// initContainers finds init containers by name. Kubelets report them in order, so an index is rarely built.
type initContainers struct {
	of     []corev1.Container
	byName map[string]*corev1.Container
}

// named is the container of a name, probably the one at index at; nil when there is none.
func (l *initContainers) named(name string, at int) *corev1.Container {
	if at < len(l.of) && l.of[at].Name == name {
		return &l.of[at]
	}
	if l.byName == nil {
		l.byName = make(map[string]*corev1.Container, len(l.of))
		for i := range l.of {
			l.byName[l.of[i].Name] = &l.of[i]
		}
	}
	return l.byName[name]
}

// isSidecar reports whether an init container is a sidecar.
func isSidecar(c *corev1.Container) bool {
	return c != nil && c.RestartPolicy != nil && *c.RestartPolicy == "Always"
}

func podCondition(p *corev1.Pod, name string) bool {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == name {
			return p.Status.Conditions[i].Status == "True"
		}
	}
	return false
}

func podReadinessGates(p *corev1.Pod) string {
	if len(p.Spec.ReadinessGates) == 0 {
		return "<none>"
	}
	open, status := 0, map[string]string{}
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; status[c.Type] == "" {
			status[c.Type] = c.Status
		}
	}
	for _, g := range p.Spec.ReadinessGates {
		if status[g.ConditionType] == "True" {
			open++
		}
	}
	return fmt.Sprintf("%d/%d", open, len(p.Spec.ReadinessGates))
}

// podEnded are the conditions of rows of pods that have completed.
func podEnded(o object.Object) []metav1.TableRowCondition {
	p, ok := o.(*corev1.Pod)
	if !ok {
		return nil
	}
	switch p.Status.Phase {
	case "Succeeded":
		return []metav1.TableRowCondition{{Type: metav1.RowCompleted, Status: metav1.ConditionTrue, Reason: "Succeeded", Message: "The pod has completed successfully."}}
	case "Failed":
		return []metav1.TableRowCondition{{Type: metav1.RowCompleted, Status: metav1.ConditionTrue, Reason: "Failed", Message: "The pod failed."}}
	}
	return nil
}
