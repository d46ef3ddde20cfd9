package verb

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/write"
)

// writeRequest is the write that a request asks for. options are those that manager and dryRun come from.
func writeRequest(r *pipeline.Request, options runtime.Object, manager string, dryRun []string) *write.Request {
	recorder := &resource.Recorder{Warn: r.Writer.Warn}
	if r.Audit != nil {
		recorder.Annotate = r.Audit.Annotate
	}
	return &write.Request{
		Resource: r.Resource, Namespace: r.Info.Namespace, Name: r.Info.Name, Verb: r.Info.Verb,
		User: r.User, UserAgent: r.HTTP.UserAgent(), FieldManager: manager, DryRun: len(dryRun) > 0, Options: options, Recorder: recorder,
	}
}
