package codec

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// DecodeDeleteOptions reads the body of a delete. Clients may send DeleteOptions of any group and version, and fields
// that are not known. Errors are API errors (400, 415).
func DecodeDeleteOptions(contentType string, data []byte) (*metav1.DeleteOptions, error) {
	format, err := BodyFormat(contentType, Endpoint{})
	if err != nil {
		return nil, err
	}
	options := &metav1.DeleteOptions{}
	b := Body{
		Format: format, Data: data, Validation: metav1.FieldValidationIgnore,
		Kind: schema.GroupVersionKind{Version: "v1", Kind: "DeleteOptions"}, anyVersion: true,
	}
	if _, _, err := b.decode(options); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	options.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("DeleteOptions"))
	return options, nil
}
