package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/routes"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// router registers the generated routes with echo. What no route matches goes to fallback: resources that appear while the
// server runs, and paths that nobody serves.
type router struct {
	echo  *echo.Echo
	serve func(http.ResponseWriter, *http.Request, pipeline.Info)
}

var _ routes.Router = router{}

// newRouter registers every operation of the API once. Echo cannot take routes after its start, so which of them are
// served is not decided here but by the registry, at each request.
func newRouter(serve func(http.ResponseWriter, *http.Request, pipeline.Info)) *echo.Echo {
	e := echo.New()
	r := router{echo: e, serve: serve}
	routes.Register(r)
	// Echo calls the error handler for paths and methods that it does not know.
	e.HTTPErrorHandler = func(_ error, c echo.Context) {
		c.Response().Header().Del(echo.HeaderAllow)
		r.fallback(c)
	}
	return e
}

// Route implements routes.Router. What the request is about comes from the route; nothing parses the path a second time.
func (r router) Route(action routes.Action, method, path, row string) {
	gvr, subresource := parseRow(row)
	verb, watched := verbs[action], pipeline.ParseInfo(method, path).Watched
	r.echo.Add(method, path, func(c echo.Context) error {
		req := c.Request()
		if action != routes.Connect && strings.Contains(parameter(c, "name")+parameter(c, "namespace"), "/") {
			// No object has a slash in its name: this is a deeper path, or one with an escaped slash, that no route is for.
			r.fallback(c)
			return nil
		}
		info := pipeline.Info{
			IsResource: true, Path: req.URL.Path, Verb: verb,
			Group: gvr.Group, Version: gvr.Version, Resource: gvr.Resource, Subresource: subresource,
			Namespace: parameter(c, "namespace"), Name: parameter(c, "name"), Watched: watched,
		}
		if gvr.Resource == "namespaces" && gvr.Group == "" {
			info.Namespace = info.Name
		}
		if action == routes.Connect {
			info.Verb = pipeline.MethodVerb(method)
			if p := parameter(c, "path"); p != "" {
				info.Parts = strings.Split(p, "/")
			}
		}
		info.Complete()
		r.serve(c.Response().Writer, req, info)
		return nil
	})
}

// fallback serves what has no route.
func (r router) fallback(c echo.Context) {
	req := c.Request()
	r.serve(c.Response().Writer, req, pipeline.ParseInfo(req.Method, req.URL.Path))
}

var verbs = map[routes.Action]string{
	routes.Get: "get", routes.List: "list", routes.Watch: "watch", routes.Watchlist: "watch", routes.Post: "create",
	routes.Put: "update", routes.Patch: "patch", routes.Delete: "delete", routes.Deletecollection: "deletecollection",
}

func parseRow(row string) (gvr schema.GroupVersionResource, subresource string) {
	parts := strings.SplitN(row, "/", 4)
	gvr = schema.GroupVersionResource{Group: parts[0], Version: parts[1], Resource: parts[2]}
	if len(parts) == 4 {
		subresource = parts[3]
	}
	return gvr, subresource
}

// parameter is a segment of the path as it was meant: echo matches the escaped path, so that %2F stays inside a segment.
func parameter(c echo.Context, name string) string {
	raw := c.Param(name)
	if s, err := url.PathUnescape(raw); err == nil {
		return s
	}
	return raw
}
