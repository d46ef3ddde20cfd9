package validation

import "testing"

// keywords has the rules that OpenAPI's own keywords become, on fields of a made-up type.
type keywords struct {
	Low      int32             `json:"low" validate:"omitempty,atleast=0"`
	Least    int32             `json:"least" validate:"omitempty,atleast=7"`
	High     int32             `json:"high" validate:"omitempty,atmost=7"`
	Between  *int64            `json:"between" validate:"omitempty,between=3 5"`
	Few      []string          `json:"few" validate:"minitems=1"`
	Short    string            `json:"short" validate:"minlength=2"`
	Long     string            `json:"long" validate:"omitempty,maxlength=3"`
	Many     []string          `json:"many" validate:"omitempty,maxitems=2,unique=.,dive,enum=a b ''"`
	Pattern  string            `json:"pattern" validate:"omitempty,pattern=^a(b0x7Cc){10x2C2}$"`
	Needed   *keyed            `json:"needed" validate:"present"`
	Filled   []keyed           `json:"filled" validate:"filled=not-empty,unique=name,dive"`
	Optional *string           `json:"optional" validate:"omitempty,enum=x"`
	Map      map[string]string `json:"map" validate:"omitempty,map=config-key dns-label"`
}

type keyed struct {
	Name string `json:"name" validate:"omitempty,dns-label"`
}

func TestKeywords(t *testing.T) {
	good := func() *keywords {
		four, x := int64(4), "x"
		return &keywords{Low: 1, Least: 7, High: 7, Between: &four, Few: []string{"a"}, Short: "ab", Long: "abc", Many: []string{"a", ""}, Pattern: "abc", Needed: &keyed{},
			Filled: []keyed{{Name: "a"}, {Name: "b"}}, Optional: &x, Map: map[string]string{"A.b": "c"}}
	}
	if errs := New().fields(good()); len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	six, empty := int64(6), ""
	for _, c := range []struct {
		change func(*keywords)
		want   string
	}{
		{func(k *keywords) { k.Low = -1 }, "low: Invalid value: -1: must be greater than or equal to 0"},
		{func(k *keywords) { k.Least = 6 }, "least: Invalid value: 6: must be greater than or equal to 7"},
		{func(k *keywords) { k.High = 8 }, "high: Invalid value: 8: must be less than or equal to 7"},
		{func(k *keywords) { k.Between = &six }, "between: Invalid value: 6: must be between 3 and 5, inclusive"},
		{func(k *keywords) { k.Few = nil }, "few: Too few: 0: must have at least 1 item"},
		{func(k *keywords) { k.Short = "a" }, "short: Too short: must be at least 2 characters"},
		{func(k *keywords) { k.Long = "abcd" }, "long: Too long: may not be more than 3 bytes"},
		{func(k *keywords) { k.Many = []string{"a", "b", ""} }, "many: Too many: 3: must have at most 2 items"},
		{func(k *keywords) { k.Many = []string{"a", "a"} }, `many[1]: Duplicate value: "a"`},
		{func(k *keywords) { k.Many = []string{"c"} }, `many[0]: Unsupported value: "c": supported values: "a", "b", ""`},
		{func(k *keywords) { k.Pattern = "ad" }, `pattern: Invalid value: "ad": must match the pattern (regex used for validation is '^a(b|c){1,2}$')`},
		{func(k *keywords) { k.Needed = nil }, "needed: Required value"},
		{func(k *keywords) { k.Filled = nil }, "filled: Required value: must not be empty"},
		{func(k *keywords) { k.Filled[1].Name = "a" }, `filled[1].name: Duplicate value: "a"`},
		{func(k *keywords) { k.Optional = &empty }, `optional: Unsupported value: "": supported values: "x"`},
		{func(k *keywords) { k.Map["b c"] = "d" }, `map[b c]: Invalid value: "b c": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`},
	} {
		k := good()
		c.change(k)
		if errs := New().fields(k); len(errs) != 1 || errs[0].Error() != c.want {
			t.Errorf("got %v, want %s", errs, c.want)
		}
	}
}

// A duplicate hides neither itself nor what is wrong within the items.
func TestFaultsBelowFaultyLists(t *testing.T) {
	k := &keywords{Few: []string{"a"}, Short: "ab", Needed: &keyed{}, Filled: []keyed{{Name: "A"}, {Name: "A"}}}
	if errs := New().fields(k); len(errs) != 3 {
		t.Errorf("want the duplicate and two bad names, got %v", errs)
	}
}
