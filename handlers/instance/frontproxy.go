package instance

import (
	"bytes"
	"crypto/x509"
	"os"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
)

// Proxy says which front proxies are believed, which authenticate users themselves and name them in headers.
type Proxy struct {
	// CAFile has the authorities of their certificates; no proxy is believed when empty. Names are the common names that a
	// certificate may have; any when empty.
	CAFile  string
	Names   []string
	Headers authn.ProxyHeaders
}

func (o *Proxy) validate(clientCAFile string, fault func(format string, a ...any)) {
	for _, list := range []struct {
		flag   string
		values []string
	}{
		{"requestheader-username-headers", o.Headers.User}, {"requestheader-group-headers", o.Headers.Group},
		{"requestheader-extra-headers-prefix", o.Headers.ExtraPrefix}, {"requestheader-allowed-names", o.Names},
		{"requestheader-uid-headers", o.Headers.UID},
	} {
		for i, v := range list.values {
			if list.values[i] = strings.TrimSpace(v); list.values[i] == "" {
				fault("empty value in %q", list.flag)
			}
		}
	}
	standard := func(h string) bool { return strings.EqualFold(h, "X-Remote-Uid") }
	if len(o.Headers.UID) > 0 && !slices.ContainsFunc(o.Headers.UID, standard) {
		fault("--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API aggregation will not work")
	}
	if o.CAFile != "" && clientCAFile != "" && len(o.Names) == 0 && overlap(o.CAFile, clientCAFile) {
		fault("--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users")
	}
}

// overlap says whether two PEM files have a certificate in common: then every user of the one authority would be a front
// proxy. Files that cannot be read are found faulty where they are used.
func overlap(a, b string) bool {
	var sets [2]*authoritySet
	for i, file := range []string{a, b} {
		text, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		if sets[i], err = newAuthoritySet(text); err != nil {
			return false
		}
	}
	return slices.ContainsFunc(sets[0].list, func(x *x509.Certificate) bool {
		return slices.ContainsFunc(sets[1].list, func(y *x509.Certificate) bool { return bytes.Equal(x.Raw, y.Raw) })
	})
}

// told is what the other API servers of the cluster are told: whom this server believes.
func (c *certificates) told(proxy *Proxy) func() controllers.Authentication {
	return func() controllers.Authentication {
		a := controllers.Authentication{Clients: c.clients().pem(c.unshared)}
		if c.proxies != nil {
			a.Proxies, a.Names = c.proxies().pem(nil), proxy.Names
			h := &proxy.Headers
			a.UserHeaders, a.UIDHeaders, a.GroupHeaders, a.ExtraPrefixes = h.User, h.UID, h.Group, h.ExtraPrefix
		}
		return a
	}
}
