package main

import (
	"strings"
	"testing"
)

func TestParseSNI(t *testing.T) {
	for value, want := range map[string]string{
		"a.crt,a.key":                "a.crt a.key []",
		"a.crt,a.key:B.example,*.c.": "a.crt a.key [b.example *.c.]",
		"a.crt,a.key: , ":            "a.crt a.key []",
		"a.crt":                      "error", ",": "error", "a,b,c": "error", "": "error", ":x": "error",
	} {
		p, err := parseSNI(value)
		got := strings.TrimSpace(strings.Join([]string{p.CertFile, p.KeyFile, "[" + strings.Join(p.Names, " ") + "]"}, " "))
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
