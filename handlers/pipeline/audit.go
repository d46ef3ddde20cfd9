package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
)

// Audit tells the audit log of every request that was authenticated: when it has come, when the answer to a long one
// begins, and how it ended. A request that a strict log cannot tell of is not carried out.
func Audit(next Handler) Handler {
	return func(r *Request) error {
		if r.Audit == nil {
			return next(r)
		}
		choose(r)
		if !r.Audit.Enabled() {
			return next(r)
		}
		if !r.Audit.Tell(audit.StageReceived) {
			return apierrors.NewInternalError(errors.New("failed to store audit event"))
		}
		if r.LongRunning() {
			r.Writer.begun = func(code int) {
				r.Audit.Code(code)
				r.Audit.Tell(audit.StageStarted)
			}
		}
		record, long := r.Audit, r.LongRunning()
		return After(next, r, func(end End) error {
			complete(record, long, end)
			return end.Err
		})
	}
}

// choose asks the policy about the request as it is now.
func choose(r *Request) {
	var sources []string
	for _, ip := range utilnet.SourceIPs(r.HTTP) {
		sources = append(sources, ip.String())
	}
	a := attributesOf(r)
	r.Audit.Choose(r.HTTP, r.Writer.Header().Get("Audit-Id"), sources, a)
}

// complete tells how a request ended: with a panic, with the error that is going to be answered, or the code that was.
func complete(record *audit.Record, long bool, end End) {
	switch {
	case end.Panic != nil:
		record.Status(&metav1.Status{
			Code: http.StatusInternalServerError, Status: metav1.StatusFailure, Reason: metav1.StatusReasonInternalError,
			Message: fmt.Sprintf("APIServer panic'd: %v", end.Panic),
		})
		record.Tell(audit.StagePanic)
		return
	case end.Status != 0:
		record.Code(end.Status)
	case end.Err != nil:
		answerError(record, end.Err)
	default:
		record.Status(&metav1.Status{Code: http.StatusOK, Status: metav1.StatusSuccess, Message: "Connection closed early"})
	}
	if long && end.Status == 0 {
		record.Tell(audit.StageStarted)
	}
	record.Tell(audit.StageComplete)
}

// auditFailure tells of a request that nobody could be found to have made. Which credential it had, and what was wrong with
// it, stays in the server's log: the audit log is no list of secrets that were almost right.
func auditFailure(r *Request, err error) {
	if r.Audit == nil {
		return
	}
	choose(r)
	answerError(r.Audit, err)
	r.Audit.Tell(audit.StageStarted)
}

// answerError tells of the status that an error is answered with.
func answerError(record *audit.Record, err error) {
	status := Status(err)
	record.Status(status)
	record.Answered(func() ([]byte, error) { return json.Marshal(status) })
}
