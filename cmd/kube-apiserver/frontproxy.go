package main

import (
	"bytes"
	"crypto/x509"
	"os"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers"
)

// proxyOptions are the flags about front proxies, which authenticate users themselves and name them in headers.
type proxyOptions struct {
	caFile  string
	names   []string
	headers authn.ProxyHeaders
}

func (o *proxyOptions) register(s *flagSets) {
	f := s.in("authentication")
	f.StringVar(&o.caFile, "requestheader-client-ca-file", "", "Authorities of the front proxies' client certificates; no proxy is believed when empty.")
	f.StringSliceVar(&o.names, "requestheader-allowed-names", nil, "Common names that a front proxy's certificate may have; any when empty.")
	f.StringSliceVar(&o.headers.User, "requestheader-username-headers", nil, "Headers in which a front proxy names the user, such as X-Remote-User.")
	f.StringSliceVar(&o.headers.UID, "requestheader-uid-headers", nil, "Headers in which a front proxy tells the user's uid, such as X-Remote-Uid.")
	f.StringSliceVar(&o.headers.Group, "requestheader-group-headers", nil, "Headers in which a front proxy names the user's groups, such as X-Remote-Group.")
	f.StringSliceVar(&o.headers.ExtraPrefix, "requestheader-extra-headers-prefix", nil, "Beginnings of the headers in which a front proxy tells more of the user, such as X-Remote-Extra-.")
}

func (o *proxyOptions) validate(all *options, fault func(format string, a ...any)) {
	for _, list := range []struct {
		flag   string
		values []string
	}{
		{"requestheader-username-headers", o.headers.User}, {"requestheader-group-headers", o.headers.Group},
		{"requestheader-extra-headers-prefix", o.headers.ExtraPrefix}, {"requestheader-allowed-names", o.names},
		{"requestheader-uid-headers", o.headers.UID},
	} {
		for i, v := range list.values {
			if list.values[i] = strings.TrimSpace(v); list.values[i] == "" {
				fault("empty value in %q", list.flag)
			}
		}
	}
	standard := func(h string) bool { return strings.EqualFold(h, "X-Remote-Uid") }
	if len(o.headers.UID) > 0 && !slices.ContainsFunc(o.headers.UID, standard) {
		fault("--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header - API aggregation will not work")
	}
	if o.caFile != "" && all.clientCAFile != "" && len(o.names) == 0 && overlap(o.caFile, all.clientCAFile) {
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
func (c *certificates) told(o *options) func() controllers.Authentication {
	return func() controllers.Authentication {
		a := controllers.Authentication{Clients: c.clients().pem(c.unshared)}
		if c.proxies != nil {
			a.Proxies, a.Names = c.proxies().pem(nil), o.proxy.names
			h := &o.proxy.headers
			a.UserHeaders, a.UIDHeaders, a.GroupHeaders, a.ExtraPrefixes = h.User, h.UID, h.Group, h.ExtraPrefix
		}
		return a
	}
}
