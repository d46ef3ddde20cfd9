package verb

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metainternalvalidation "k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// maxBody is the largest body that is read, in bytes (upstream's figure).
const maxBody = 3 << 20

// readBody reads the whole body; 413 when it is too large.
func readBody(r *pipeline.Request) ([]byte, error) {
	body, err := readAll(io.LimitReader(r.HTTP.Body, maxBody+1), r.HTTP.ContentLength)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, tooLargeBody()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, fmt.Errorf("reading the request body: %w", err) // 504, as that of every deadline
		}
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error reading the request body: %v", err))
	}
	if len(body) > maxBody {
		return nil, tooLargeBody()
	}
	return body, nil
}

// readAll is io.ReadAll with room for what the client says that it sends, as far as that is an ordinary size: a client
// that says more gets its room when it has sent that much.
func readAll(from io.Reader, announced int64) ([]byte, error) {
	const unknown, ordinary = 512, 64 << 10
	if announced < 0 {
		announced = unknown
	}
	body := make([]byte, 0, min(announced, ordinary)+1) // the last byte is for the end to be seen
	for {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
		}
	}
}

func tooLargeBody() error {
	return apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", maxBody))
}

// invalidOptions is the 422 for options, which are an object of their own to the client.
func invalidOptions(kind string, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return validation.Refuse(object.GroupKind(metav1.GroupName, kind), "", errs)
}

// options reads the options of one kind from the query and checks them.
func options[T any](r *pipeline.Request, kind string, convert func(*url.Values, *T) error, validate func(*T) field.ErrorList) (T, error) {
	var o T
	if err := convert(&r.Query, &o); err != nil {
		return o, apierrors.NewBadRequest(err.Error())
	}
	return o, invalidOptions(kind, validate(&o))
}

func createOptions(r *pipeline.Request) (metav1.CreateOptions, error) {
	return options(r, "CreateOptions", func(in *url.Values, out *metav1.CreateOptions) error {
		return metav1.Convert_url_Values_To_v1_CreateOptions(in, out, nil)
	}, metav1validation.ValidateCreateOptions)
}

func updateOptions(r *pipeline.Request) (metav1.UpdateOptions, error) {
	return options(r, "UpdateOptions", func(in *url.Values, out *metav1.UpdateOptions) error {
		return metav1.Convert_url_Values_To_v1_UpdateOptions(in, out, nil)
	}, metav1validation.ValidateUpdateOptions)
}

// listOptions reads the options of a list, a watch and a deletion of a collection. selectors reads those of the request.
func listOptions(r *pipeline.Request, selectors func() error) (metav1.ListOptions, error) {
	return options(r, "ListOptions", func(in *url.Values, out *metav1.ListOptions) error {
		if err := metav1.Convert_url_Values_To_v1_ListOptions(in, out, nil); err != nil {
			return err
		}
		return selectors()
	}, func(o *metav1.ListOptions) field.ErrorList {
		in := metainternal.ListOptions{
			Watch: o.Watch, AllowWatchBookmarks: o.AllowWatchBookmarks, ResourceVersion: o.ResourceVersion,
			ResourceVersionMatch: o.ResourceVersionMatch, TimeoutSeconds: o.TimeoutSeconds, Limit: o.Limit,
			Continue: o.Continue, SendInitialEvents: o.SendInitialEvents,
		}
		// A watch that begins with what there is asks for initial events without saying so. The deprecated paths are watches
		// without the parameter, and do not ask.
		metainternal.SetListOptionsDefaults(&in, true)
		o.SendInitialEvents, o.ResourceVersionMatch = in.SendInitialEvents, in.ResourceVersionMatch
		return metainternalvalidation.ValidateListOptions(&in, true)
	})
}
