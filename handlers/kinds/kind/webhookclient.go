package kind

import (
	"fmt"
	"net/url"
	"strings"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// WebhookURL requires https, a host and a path, and nothing else.
func WebhookURL(path *field.Path, text string) (errs field.ErrorList) {
	const form = "; desired format: https://host[/path]"
	u, err := url.Parse(text)
	if err != nil {
		return field.ErrorList{field.Required(path, "url must be a valid URL: "+err.Error()+form)}
	}
	if u.Scheme != "https" {
		errs = append(errs, field.Invalid(path, u.Scheme, "'https' is the only allowed URL scheme"+form))
	}
	if u.Host == "" {
		errs = append(errs, field.Invalid(path, u.Host, "host must be specified"+form))
	}
	if u.User != nil {
		errs = append(errs, field.Invalid(path, u.User.String(), "user information is not permitted in the URL"))
	}
	if u.Fragment != "" {
		errs = append(errs, field.Invalid(path, u.Fragment, "fragments are not permitted in the URL"))
	}
	if u.RawQuery != "" {
		errs = append(errs, field.Invalid(path, u.RawQuery, "query parameters are not permitted in the URL"))
	}
	return errs
}

// WebhookService validates a reference to a service. Upstream swaps the paths of a missing name and namespace; clients see those
// paths, so they are swapped here, too.
func WebhookService(path *field.Path, namespace, name string, route *string, port int32) (errs field.ErrorList) {
	if namespace == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	if name == "" {
		errs = append(errs, field.Required(path.Child("namespace"), ""))
	}
	if msgs := utilvalidation.IsValidPortNum(int(port)); len(msgs) > 0 {
		errs = append(errs, field.Invalid(path.Child("port"), port, "port is not valid: "+strings.Join(msgs, ", ")))
	}
	if route == nil || *route == "" || *route == "/" {
		return errs
	}
	return append(errs, webhookRoute(path.Child("path"), *route)...)
}

// webhookRoute requires a URL path whose segments are DNS subdomains, with or without a trailing slash.
func webhookRoute(path *field.Path, route string) (errs field.ErrorList) {
	if route == "//" {
		return field.ErrorList{field.Invalid(path, route, "segment[0] may not be empty")}
	}
	if route[0] != '/' {
		errs = append(errs, field.Invalid(path, route, "must start with a '/'"))
	}
	for i, step := range strings.Split(strings.TrimSuffix(route[1:], "/"), "/") {
		if step == "" {
			errs = append(errs, field.Invalid(path, route, fmt.Sprintf("segment[%d] may not be empty", i)))
			continue
		}
		for _, msg := range utilvalidation.IsDNS1123Subdomain(step) {
			errs = append(errs, field.Invalid(path, route, fmt.Sprintf("segment[%d]: %v", i, msg)))
		}
	}
	return errs
}
