package clients

import (
	"regexp"
	"strings"
)

// plural writes the plural of a kind with the capitals of the kind: NetworkPolicy and networkpolicies are NetworkPolicies.
func plural(kind, resource string) string {
	n := 0
	for n < len(kind) && n < len(resource) && strings.EqualFold(kind[n:n+1], resource[n:n+1]) {
		n++
	}
	if n == 0 {
		return title(resource)
	}
	return kind[:n] + resource[n:]
}

func title(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// camel is a name with capitals at its words and a small letter in front: core/v1 is coreV1, x-kubernetes-map-type
// xKubernetesMapType, CSIDrivers csiDrivers.
func camel(s string) string {
	p := pascal(s)
	n := 0
	for n < len(p) && p[n] >= 'A' && p[n] <= 'Z' {
		n++
	}
	if n > 1 && n < len(p) && p[n] >= 'a' && p[n] <= 'z' {
		n-- // the last capital begins the next word
	}
	return strings.ToLower(p[:n]) + p[n:]
}

// pascal is a name with capitals at all its words.
func pascal(s string) string {
	out := ""
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !isLetter(r) }) {
		out += title(word)
	}
	return out
}

// field is a property's name as an identifier: its own, but for signs that no language takes.
func field(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !isLetter(r) }) < 0 {
		return s
	}
	return camel(s)
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

var (
	wordEnd    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	acronymEnd = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	signs      = regexp.MustCompile(`[^A-Za-z0-9]+`)
)

// snake is a name in small letters with lines between its words: hostIP is host_ip, clusterIPs cluster_ips.
func snake(s string) string {
	s = strings.Trim(signs.ReplaceAllString(s, "_"), "_")
	s = pluralAcronym.ReplaceAllStringFunc(s, func(a string) string { return a[:1] + strings.ToLower(a[1:]) })
	s = wordEnd.ReplaceAllString(s, "${1}_$2")
	return strings.ToLower(acronymEnd.ReplaceAllString(s, "${1}_$2"))
}

// pluralAcronym is an acronym in the plural at the end of a word: the IPs of clusterIPs, the CIDRs of podCIDRs.
var pluralAcronym = regexp.MustCompile(`[A-Z]{2,}s\b`)

// base is the name of a group-version's module: core_v1.
func base(file string) string { return strings.ReplaceAll(file, "/", "_") }
