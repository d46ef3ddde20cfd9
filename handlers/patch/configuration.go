package patch

import (
	"bytes"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// Configuration is the body of a server-side apply, YAML or JSON, as a map. A body that is neither is a 400 in upstream's words.
func Configuration(body []byte) (map[string]any, error) {
	content := map[string]any{}
	if bytes.HasPrefix(body, []byte("{")) && codec.CheckWeight(body, content) == nil && utiljson.Unmarshal(body, &content) == nil {
		return content, nil // which JSON's own parser reads ten times as fast
	}
	if err := codec.CheckYAML(body); err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding YAML: %v", err))
	}
	text, err := yaml.YAMLToJSON(body)
	if err == nil {
		content = map[string]any{}
		err = utiljson.Unmarshal(text, &content)
	}
	if err != nil {
		if said := yaml.Unmarshal(body, &map[string]any{}); said != nil {
			err = said
		}
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding YAML: %v", err))
	}
	return content, nil
}

// StrictConfiguration looks for keys that stand twice in a configuration: an error for validation Strict, warnings otherwise. It
// comes after the apply, whose own errors are told first.
func StrictConfiguration(body []byte, validation string) (warnings []string, err error) {
	if validation == metav1.FieldValidationIgnore {
		return nil, nil
	}
	if bytes.HasPrefix(body, []byte("{")) {
		if strict, err := json.UnmarshalStrict(body, &map[string]any{}); err == nil && len(strict) == 0 {
			return nil, nil
		}
	}
	err = yaml.UnmarshalStrict(body, &map[string]any{})
	switch {
	case err == nil:
		return nil, nil
	case validation == metav1.FieldValidationStrict:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error strict decoding YAML: %v", err))
	}
	return codec.YAMLWarnings(err.Error()), nil
}
