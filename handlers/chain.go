package handlers

import (
	"log/slog"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// stage is a stage with the name by which the order is known.
type stage struct {
	name string
	run  pipeline.Stage
}

// chainOptions is what the stages are made of. A nil stage is left out; its place in the order stays.
type chainOptions struct {
	log           *slog.Logger
	requestLimit  time.Duration
	authenticator authn.Authenticator
	proxyHeaders  authn.ProxyHeaders
	auditor       *audit.Auditor
	// expired is that of pipeline.Deadline, inflight and refused are those of pipeline.LimitInflight.
	expired    func(*pipeline.Request)
	inflight   pipeline.Inflight
	refused    func(*pipeline.Request)
	authorizer authz.Authorizer
	// constrained lets users impersonate with less than the whole right.
	constrained bool
	// decider is authorizer as requests meet it, where its decisions are counted; impersonation asks authorizer.
	decider authz.Authorizer
	find    pipeline.Stage
	measure pipeline.Stage
}

// chain is the order in which every request passes its stages, before anything of its body is read. What happens to an
// object afterwards (default, mutate, validate, admit, store) is in package write, because it runs once per attempt.
// Numbers of requests are kept last, of what may be made and is served: names that clients make up are not kept for ever.
func chain(o chainOptions) []stage {
	return []stage{
		{"recover", pipeline.Recover(o.log)},
		{"headers", pipeline.Headers},
		{"deadline", pipeline.Deadline(o.requestLimit, o.expired)},
		{"authenticate", pipeline.Authenticate(o.authenticator, o.proxyHeaders, o.auditor, o.log)},
		{"audit", pipeline.Audit},
		{"impersonate", pipeline.Impersonate(o.authorizer, o.constrained)},
		{"flow control", pipeline.LimitInflight(o.inflight, o.refused)},
		{"authorize", pipeline.Authorize(o.decider)},
		{"find", o.find},
		{"measure", o.measure},
	}
}

// beforeAccess are the stages without authentication and authorization, for pages that everybody may load.
func beforeAccess(all []stage) []stage {
	for i, s := range all {
		if s.name == "authenticate" {
			return all[:i]
		}
	}
	return all
}

// through wraps a handler in the stages, the first outermost.
func through(stages []stage, h pipeline.Handler) pipeline.Handler {
	for i := len(stages) - 1; i >= 0; i-- {
		if stages[i].run != nil {
			h = stages[i].run(h)
		}
	}
	return h
}
