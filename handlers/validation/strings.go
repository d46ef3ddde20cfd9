package validation

import (
	"path"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// format validates a string. quick is the fast path without a regular expression; what it does not accept, messages decides,
// which returns the library's messages and none for a valid string.
type format struct {
	quick    func(string) bool
	messages func(string) []string
}

// formats by the name that the model uses in `format`, beside OpenAPI's own.
var formats = map[string]format{
	"dns-label":            {quickLabel, validation.IsDNS1123Label},
	"dns-1035-label":       {nil, validation.IsDNS1035Label},
	"dns-subdomain":        {QuickSubdomain, validation.IsDNS1123Subdomain},
	"dns-subdomain-if-any": {QuickSubdomain, ifAny(validation.IsDNS1123Subdomain)},
	"dns-search":           {QuickSubdomain, searchDomain},
	"wildcard-subdomain":   {nil, validation.IsWildcardDNS1123Subdomain},
	"qualified-name":       {QuickQualified, validation.IsQualifiedName},
	"label-value":          {QuickLabelValue, validation.IsValidLabelValue},
	"label-value-joined":   {QuickLabelValue, joined(validation.IsValidLabelValue)},
	"port-name":            {quickPortName, validation.IsValidPortName},
	"env-var-name":         {nil, validation.IsRelaxedEnvVarName},
	"config-key":           {quickConfigKey, validation.IsConfigMapKey},
	"http-header-name":     {nil, validation.IsHTTPHeaderName},
	"c-identifier":         {nil, validation.IsCIdentifier},
	"descending-path":      {quickPath, DescendingPath},
	"local-path":           {quickPath, LocalPath},
	"no-backsteps":         {quickPath, noBacksteps},
	"path-segment":         {quickLabel, pathSegment},
}

// stringRules are the formats, pattern and the addresses.
func stringRules() map[string]Rule {
	out := map[string]Rule{
		"pattern": {
			ok: func(v reflect.Value, param string) bool { return compiled(param).MatchString(v.String()) },
			errors: func(path *field.Path, v reflect.Value, param string) field.ErrorList {
				return invalid(path, v, validation.RegexError("must match the pattern", param))
			},
		},
		"ip": {
			ok: func(v reflect.Value, _ string) bool {
				return validation.IsValidIPForLegacyField(nil, v.String(), true, nil) == nil
			},
			errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList {
				return validation.IsValidIPForLegacyField(path, v.String(), true, nil)
			},
		},
		"cidr": {
			ok: func(v reflect.Value, _ string) bool {
				return validation.IsValidCIDRForLegacyField(nil, v.String(), true, nil) == nil
			},
			errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList {
				return validation.IsValidCIDRForLegacyField(path, v.String(), true, nil)
			},
		},
	}
	for name, f := range formats {
		out[name] = Rule{
			ok: func(v reflect.Value, _ string) bool {
				s := v.String()
				return f.quick != nil && f.quick(s) || len(f.messages(s)) == 0
			},
			errors: func(path *field.Path, v reflect.Value, _ string) field.ErrorList {
				return invalid(path, v, f.messages(v.String())...)
			},
		}
	}
	return out
}

var patterns sync.Map // string -> *regexp.Regexp

// compiled caches the patterns of the model. The generator refuses one that does not compile.
func compiled(pattern string) *regexp.Regexp {
	if re, ok := patterns.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		re = regexp.MustCompile(`\A\z`)
	}
	patterns.Store(pattern, re)
	return re
}

// ifAny accepts an empty string that is present.
func ifAny(f func(string) []string) func(string) []string {
	return func(s string) []string {
		if s == "" {
			return nil
		}
		return f(s)
	}
}

// joined makes one message of several.
func joined(f func(string) []string) func(string) []string {
	return func(s string) []string {
		if msgs := f(s); len(msgs) > 0 {
			return []string{strings.Join(msgs, ";")}
		}
		return nil
	}
}

// DescendingPath returns the faults of a relative path that must stay below its start.
func DescendingPath(s string) []string {
	var msgs []string
	if path.IsAbs(s) {
		msgs = append(msgs, "must be a relative path")
	}
	return append(msgs, noBacksteps(s)...)
}

// LocalPath is DescendingPath for the path of a file.
func LocalPath(s string) []string {
	msgs := DescendingPath(s)
	if strings.HasPrefix(s, "..") && !strings.HasPrefix(s, "../") {
		msgs = append(msgs, "must not start with '..'")
	}
	return msgs
}

func noBacksteps(s string) []string {
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return []string{"must not contain '..'"}
		}
	}
	return nil
}

// searchDomain accepts the root (a single dot) and a trailing dot.
func searchDomain(s string) []string {
	if s == "." {
		return nil
	}
	return validation.IsDNS1123SubdomainWithUnderscore(strings.TrimSuffix(s, "."))
}

// pathSegment is a name that may be a segment of a URL's path.
func pathSegment(s string) []string {
	switch {
	case s == "." || s == "..":
		return []string{"may not be '" + s + "'"}
	case strings.Contains(s, "/"):
		return []string{"may not contain '/'"}
	case strings.Contains(s, "%"):
		return []string{"may not contain '%'"}
	}
	return nil
}
