package aggregator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
	apidiscovery "k8s.io/api/apidiscovery/v2"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// remote is the server behind one APIService. It answers requests for its group-version by carrying them there.
type remote struct {
	owner *Aggregator
	spec  apiregistrationv1.APIServiceSpec
	// namespace, name and port are those of the service.
	namespace, name string
	port            int32
	available       atomic.Bool
	// fault is why nobody can be connected to it, whatever it does.
	fault error
	// transport is for requests and answers, upgrades for connections that become something else, which HTTP/2 has not.
	transport, upgrades *http.Transport

	// What follows belongs to the worker that looks at the server.
	failures   int
	etag       string
	discovered *apidiscovery.APIVersionDiscovery
	// fresh says that discovered is what the server said at the last look.
	fresh bool
}

// newRemote makes the server of an APIService, which is available when its status says so: a server that restarts goes on where it
// was.
func (a *Aggregator) newRemote(o *apiregistrationv1.APIService) *remote {
	s := o.Spec.Service
	r := &remote{owner: a, spec: o.Spec, namespace: s.Namespace, name: s.Name, port: 443}
	if s.Port != nil {
		r.port = *s.Port
	}
	config := &tls.Config{ServerName: s.Name + "." + s.Namespace + ".svc", InsecureSkipVerify: o.Spec.InsecureSkipTLSVerify, MinVersion: tls.VersionTLS12}
	if len(o.Spec.CABundle) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(o.Spec.CABundle) {
			r.fault = errors.New("unable to load root certificates: unable to parse bytes as PEM block")
		}
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if a.Certificate != nil {
			if c := a.Certificate(); c != nil {
				return c, nil
			}
		}
		return &tls.Certificate{}, nil // none
	}
	r.transport = newTransport(config)
	r.transport.ForceAttemptHTTP2 = true
	r.upgrades = newTransport(config)
	r.upgrades.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	r.available.Store(slices.ContainsFunc(o.Status.Conditions, func(c apiregistrationv1.APIServiceCondition) bool {
		return c.Type == availableType && c.Status == "True"
	}))
	return r
}

func newTransport(config *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config.Clone(), TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 25, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
	}
}

// close lets go of idle connections. Requests under way go on.
func (r *remote) close() {
	r.transport.CloseIdleConnections()
	r.upgrades.CloseIdleConnections()
}

// redirected is what a client is told of a server that wants to send it elsewhere, with this one's rights.
const redirected = "the backend attempted to redirect this request, which is not permitted"

// Connect carries a request to the server, as the user who made it, and its answer back. The path is the one that was authorized.
func (r *remote) Connect(w http.ResponseWriter, req *http.Request, to resource.Connection) error {
	if !r.available.Load() {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return nil
	}
	if r.fault != nil {
		http.Error(w, r.fault.Error(), http.StatusInternalServerError)
		return nil
	}
	host, err := r.owner.resolve(req.Context(), r)
	if err != nil {
		r.owner.Log.Warn("an APIService cannot be reached", "group", r.spec.Group, "version", r.spec.Version, "error", err)
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return nil
	}
	transport := r.transport
	upgrade := httpguts.HeaderValuesContainsToken(req.Header["Connection"], "Upgrade")
	if upgrade {
		transport = r.upgrades
	}
	if upgrade || to.Query.Get("watch") != "" || to.Query.Get("follow") != "" {
		// What lasts ends with this server. Other requests are let end by themselves.
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		defer context.AfterFunc(r.owner.life, cancel)()
		req = req.WithContext(ctx)
	}
	proxy := &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // an event of a watch is news
		ErrorLog:      log.New(io.Discard, "", 0),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = &url.URL{Scheme: "https", Host: host, Path: p.In.URL.Path, RawQuery: to.Query.Encode()}
			p.Out.Host = p.In.Host
			p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
			p.SetXForwarded()
			p.Out.Header.Set("X-Forwarded-Uri", p.In.URL.Path)
			user := to.User
			if !r.owner.UID {
				user.UID = ""
			}
			identify(p.Out.Header, &user)
			if id := w.Header().Get(auditID); id != "" {
				p.Out.Header.Set(auditID, id)
			}
		},
		ModifyResponse: func(answer *http.Response) error {
			if answer.StatusCode/100 == 3 && answer.Header.Get("Location") != "" && !r.owner.ForwardRedirects {
				_ = answer.Body.Close() // nobody reads it
				*answer = http.Response{
					StatusCode: http.StatusBadGateway, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(redirected)),
					ContentLength: int64(len(redirected)), Request: answer.Request,
				}
			}
			for name := range answer.Header {
				w.Header().Del(name) // what both say is said once, by who answers
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		},
	}
	proxy.ServeHTTP(w, req)
	return nil
}

// auditID is the header by which the audit logs of both servers tell of one request.
const auditID = "Audit-Id"

// identify makes the headers of a request say who made it, and nothing else do so.
func identify(h http.Header, u *resource.UserInfo) {
	h.Del("Authorization")
	for name := range h {
		if strings.HasPrefix(name, "X-Remote-") || strings.HasPrefix(name, "Impersonate-") {
			delete(h, name)
		}
	}
	h.Set("X-Remote-User", u.Name)
	if u.UID != "" {
		h.Set("X-Remote-Uid", u.UID)
	}
	for _, group := range u.Groups {
		h.Add("X-Remote-Group", group)
	}
	for key, values := range u.Extra {
		for _, value := range values {
			h.Add("X-Remote-Extra-"+escaped(key), value)
		}
	}
}

// escaped is a key of an extra as a part of the name of a header, which others decode as a part of a path.
func escaped(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		if c == '%' || !httpguts.IsTokenRune(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// get asks the server for a page, as the aggregator that may see everything.
func (r *remote) get(ctx context.Context, host, path, accept, etag string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Scheme: "https", Host: host, Path: path}).String(), nil)
	if err != nil {
		return nil, err
	}
	identify(req.Header, &resource.UserInfo{Name: "system:kube-aggregator", Groups: []string{"system:masters"}})
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	return r.transport.RoundTrip(req)
}
