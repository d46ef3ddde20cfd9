package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// tlsOptions are the flags about TLS that are no settings yet.
type tlsOptions struct {
	sni, cipherSuites []string
	minVersion        string
	curves            []int32
}

// settings reads them.
func (o *tlsOptions) settings(s *instance.Serving, fault func(string, ...any)) {
	for _, value := range o.sni {
		pair, err := parseSNI(value)
		if err != nil {
			fault("--tls-sni-cert-key %q: %v", value, err)
			continue
		}
		s.SNI = append(s.SNI, pair)
	}
	switch o.minVersion {
	case "":
	case "VersionTLS12":
		s.MinTLS = tls.VersionTLS12
	case "VersionTLS13":
		s.MinTLS = tls.VersionTLS13
	default:
		fault("--tls-min-version %q: VersionTLS12 or VersionTLS13", o.minVersion)
	}
	for _, id := range o.curves {
		curve := tls.CurveID(id)
		switch {
		case id <= 0 || id > math.MaxUint16:
			fault("curve preference %d is out of range (must be 1-%d)", id, math.MaxUint16)
		case slices.Contains(s.Curves, curve):
			fault("duplicate curve preference %d", id)
		case strings.HasPrefix(curve.String(), "CurveID("):
			fault("curve preference %d is not supported by the current Go version", id)
		default:
			s.Curves = append(s.Curves, curve)
		}
	}
	for _, name := range o.cipherSuites {
		id, err := cipherSuite(name)
		if err != nil {
			fault("%v", err)
			continue
		}
		s.CipherSuites = append(s.CipherSuites, id)
	}
}

// parseSNI reads certificate,key[:name,...].
func parseSNI(value string) (instance.SNI, error) {
	files, names, _ := strings.Cut(value, ":")
	cert, key, ok := strings.Cut(files, ",")
	if !ok || cert == "" || key == "" || strings.Contains(key, ",") {
		return instance.SNI{}, errors.New("expected comma separated certificate and key file paths")
	}
	p := instance.SNI{CertFile: cert, KeyFile: key}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" {
			p.Names = append(p.Names, strings.ToLower(name))
		}
	}
	return p, nil
}

func cipherSuite(name string) (uint16, error) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if s.Name == name {
			return s.ID, nil
		}
	}
	return 0, fmt.Errorf("--tls-cipher-suites: %s is not supported", name)
}
