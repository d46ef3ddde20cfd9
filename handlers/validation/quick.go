package validation

import "strings"

// Fast paths for the library's regular expressions: they accept only what those accept, and decide nothing else.

func lowerOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func letterOrDigit(c byte) bool { return lowerOrDigit(c) || c >= 'A' && c <= 'Z' }

func quickLabel(s string) bool {
	if s == "" || len(s) > 63 || !lowerOrDigit(s[0]) || !lowerOrDigit(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !lowerOrDigit(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func QuickSubdomain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !quickLabel(label) {
			return false
		}
	}
	return true
}

// quickName is the part of a qualified name after the slash.
func quickName(s string) bool {
	if s == "" || len(s) > 63 || !letterOrDigit(s[0]) || !letterOrDigit(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !letterOrDigit(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func QuickQualified(s string) bool {
	prefix, name, found := strings.Cut(s, "/")
	if !found {
		return quickName(s)
	}
	return QuickSubdomain(prefix) && quickName(name)
}

func QuickLabelValue(s string) bool { return s == "" || quickName(s) }

func quickPortName(s string) bool {
	if s == "" || len(s) > 15 || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	letter := false
	for i := range len(s) {
		c := s[i]
		if !lowerOrDigit(c) && c != '-' {
			return false
		}
		letter = letter || c >= 'a' && c <= 'z'
	}
	return letter
}

func quickConfigKey(s string) bool {
	if s == "" || len(s) > 253 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !letterOrDigit(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func quickPath(s string) bool {
	return s != "" && s[0] != '/' && !strings.Contains(s, "..")
}
