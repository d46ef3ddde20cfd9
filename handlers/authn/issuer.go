package authn

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// IssuerOf reads the issuer of a token without verifying anything; empty when it is no token in the compact form.
func IssuerOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(b, &c) != nil {
		return ""
	}
	return c.Issuer
}
