package object

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

func TestParseQuantity(t *testing.T) {
	for s, want := range map[string]error{
		"1": nil, "1e3": nil, "1E": nil, "1Ei": nil, "2e-3": nil, "1e1000": nil, "1e-1000": nil, "1e0001000": nil, "0": nil,
		strings.Repeat("9", longQuantity): nil,

		"1e1001": resource.ErrSuffix, "1e-1001": resource.ErrSuffix, "1E+1001": resource.ErrSuffix, "1e2147483648": resource.ErrSuffix,
		"-1e-2147483648": resource.ErrSuffix, "1e4294967297": resource.ErrSuffix, "0e9223372036854775807": resource.ErrSuffix,
		"1e99999999999999999999": resource.ErrSuffix,
		// The library's own.
		"1e": resource.ErrSuffix, "": resource.ErrFormatWrong, "1e2e3": resource.ErrFormatWrong, "x": resource.ErrFormatWrong,

		strings.Repeat("9", longQuantity+1): resource.ErrNumeric, "0." + strings.Repeat("0", longQuantity) + "1": resource.ErrNumeric,
	} {
		if _, err := ParseQuantity(s); !errors.Is(err, want) {
			t.Errorf("%.40s: %v, want %v", s, err, want)
		}
	}
}

type inner struct {
	Amount *resource.Quantity `json:"amount,omitempty"`
}

type holder struct {
	inner  `json:",inline"`
	Limits map[string]resource.Quantity `json:"limits"`
	List   []inner                      `json:"list"`
	Text   string                       `json:"text"`
	Any    any                          `json:"any"`
	Plain  resource.Quantity
}

func TestCheckQuantities(t *testing.T) {
	for text, bad := range map[string]bool{
		`{"limits":{"cpu":"1e2147483648"}}`:                 true,
		`{"limits":{"cpu":1e2147483648}}`:                   true,
		`{"limits":{"cpu":"1e2147483648","cpu":"1"}}`:       true,
		`{"limits":{"cpu":"1"},"limits":{"cpu":"1e99999"}}`: true,
		`{"limit\u0073":{"cpu":"1e99999"}}`:                 true,
		`{"limits":{"cpu":"-1E-99999"}}`:                    true,
		`{"amount":"1e+99999"}`:                             true,
		`{"list":[{},{"amount":"1e99999"}]}`:                true,
		`{"Plain":"1e99999"}`:                               true,
		`{"plain":"1e99999"}`:                               true,
		`{"amount":"` + strings.Repeat("1", 2000) + `"}`:    true,
		`{"amount":` + strings.Repeat("1", 2000) + `}`:      true,
		`{"amount":"1e99999"`:                               true,

		`{"limits":{"cpu":"1e3"}}`:                         false,
		`{"text":"1e2147483648"}`:                          false,
		`{"any":{"amount":"1e2147483648"}}`:                false,
		`{"other":{"amount":"1e2147483648"}}`:              false,
		`{"text":"` + strings.Repeat("1", 2000) + `"}`:     false,
		`{"list":"1e2147483648"}`:                          false,
		`{"limits":[{"amount":"1e2147483648"}]}`:           false,
		`{"text":"1e99999","amount":{"amount":"1e99999"}}`: false,
		strings.Repeat("[", 100000) + "1e99999":            false,
		`"1e99999"`:                                        false,
		`nonsense`:                                         false,
		`{"text":1e`:                                       false,
		`{"amount":"`:                                      false,
	} {
		if err := CheckQuantities([]byte(text), &holder{}); (err != nil) != bad {
			t.Errorf("%.80s: %v", text, err)
		}
	}
}
