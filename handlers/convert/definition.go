package convert

import (
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// definition is a CustomResourceDefinition in its first version. Nobody serves that any more, yet the original goes on
// storing definitions in it. What all versions of the custom resource share stands once, beside them.
type definition struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              definitionSpec                                 `json:"spec"`
	Status            apiextensionsv1.CustomResourceDefinitionStatus `json:"status,omitempty"`
}

type definitionSpec struct {
	Group                    string                                        `json:"group"`
	Version                  string                                        `json:"version,omitempty"`
	Names                    apiextensionsv1.CustomResourceDefinitionNames `json:"names"`
	Scope                    string                                        `json:"scope"`
	Validation               *apiextensionsv1.CustomResourceValidation     `json:"validation,omitempty"`
	Subresources             *apiextensionsv1.CustomResourceSubresources   `json:"subresources,omitempty"`
	Versions                 []definitionVersion                           `json:"versions,omitempty"`
	AdditionalPrinterColumns []definitionColumn                            `json:"additionalPrinterColumns,omitempty"`
	SelectableFields         []apiextensionsv1.SelectableField             `json:"selectableFields,omitempty"`
	Conversion               *definitionConversion                         `json:"conversion,omitempty"`
	PreserveUnknownFields    *bool                                         `json:"preserveUnknownFields,omitempty"`
}

type definitionVersion struct {
	Name                     string                                      `json:"name"`
	Served                   bool                                        `json:"served"`
	Storage                  bool                                        `json:"storage"`
	Deprecated               bool                                        `json:"deprecated,omitempty"`
	DeprecationWarning       *string                                     `json:"deprecationWarning,omitempty"`
	Schema                   *apiextensionsv1.CustomResourceValidation   `json:"schema,omitempty"`
	Subresources             *apiextensionsv1.CustomResourceSubresources `json:"subresources,omitempty"`
	AdditionalPrinterColumns []definitionColumn                          `json:"additionalPrinterColumns,omitempty"`
	SelectableFields         []apiextensionsv1.SelectableField           `json:"selectableFields,omitempty"`
}

// definitionColumn has another name for its path than its successor.
type definitionColumn struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Format      string `json:"format,omitempty"`
	Description string `json:"description,omitempty"`
	Priority    int32  `json:"priority,omitempty"`
	JSONPath    string `json:"JSONPath"`
}

type definitionConversion struct {
	Strategy                 string                               `json:"strategy"`
	WebhookClientConfig      *apiextensionsv1.WebhookClientConfig `json:"webhookClientConfig,omitempty"`
	ConversionReviewVersions []string                             `json:"conversionReviewVersions,omitempty"`
}

var definitionGVK = gvk("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition")

// Unserved makes empty objects of the versions that lie in the store and are not served; their converters are those of
// Between. They can be written as JSON only.
var Unserved = map[schema.GroupVersionKind]func() object.Object{
	definitionGVK: func() object.Object { return &definition{} },
}

// DeepCopyObject goes through the served version, whose types can be copied.
func (in *definition) DeepCopyObject() runtime.Object {
	served, _ := definitionToV1(in) // neither way has an error
	out, _ := definitionFromV1(served.DeepCopy())
	return out
}

func definitionFromV1(in *apiextensionsv1.CustomResourceDefinition) (*definition, error) {
	preserve := in.Spec.PreserveUnknownFields
	out := &definition{
		TypeMeta: metav1.TypeMeta{APIVersion: definitionGVK.GroupVersion().String(), Kind: definitionGVK.Kind}, ObjectMeta: in.ObjectMeta, Status: in.Status,
		Spec: definitionSpec{Group: in.Spec.Group, Names: in.Spec.Names, Scope: in.Spec.Scope, PreserveUnknownFields: &preserve},
	}
	if c := in.Spec.Conversion; c != nil {
		out.Spec.Conversion = &definitionConversion{Strategy: c.Strategy}
		if w := c.Webhook; w != nil {
			out.Spec.Conversion.WebhookClientConfig, out.Spec.Conversion.ConversionReviewVersions = w.ClientConfig, w.ConversionReviewVersions
		}
	}
	for _, v := range in.Spec.Versions {
		out.Spec.Versions = append(out.Spec.Versions, definitionVersion{
			Name: v.Name, Served: v.Served, Storage: v.Storage, Deprecated: v.Deprecated, DeprecationWarning: v.DeprecationWarning,
			Schema: v.Schema, Subresources: v.Subresources, SelectableFields: v.SelectableFields, AdditionalPrinterColumns: columnsFromV1(v.AdditionalPrinterColumns),
		})
	}
	out.Spec.share()
	return out, nil
}

// share moves what all versions have in common to where it stands once.
func (s *definitionSpec) share() {
	if len(s.Versions) == 0 {
		return
	}
	first := s.Versions[0]
	s.Version = first.Name
	same := func(part func(*definitionVersion) any) bool {
		for i := range s.Versions {
			if !equality.Semantic.DeepEqual(part(&s.Versions[i]), part(&first)) {
				return false
			}
		}
		return true
	}
	schemas := same(func(v *definitionVersion) any { return v.Schema })
	subresources := same(func(v *definitionVersion) any { return v.Subresources })
	columns := same(func(v *definitionVersion) any { return v.AdditionalPrinterColumns })
	fields := same(func(v *definitionVersion) any { return v.SelectableFields })
	for i := range s.Versions {
		v := &s.Versions[i]
		if schemas {
			s.Validation, v.Schema = first.Schema, nil
		}
		if subresources {
			s.Subresources, v.Subresources = first.Subresources, nil
		}
		if columns {
			s.AdditionalPrinterColumns, v.AdditionalPrinterColumns = first.AdditionalPrinterColumns, nil
		}
		if fields {
			s.SelectableFields, v.SelectableFields = first.SelectableFields, nil
		}
	}
}

func definitionToV1(in *definition) (*apiextensionsv1.CustomResourceDefinition, error) {
	out := &apiextensionsv1.CustomResourceDefinition{
		TypeMeta: metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: definitionGVK.Kind}, ObjectMeta: in.ObjectMeta, Status: in.Status,
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{Group: in.Spec.Group, Names: in.Spec.Names, Scope: in.Spec.Scope},
	}
	// The first version kept unknown fields unless it was told not to.
	out.Spec.PreserveUnknownFields = in.Spec.PreserveUnknownFields == nil || *in.Spec.PreserveUnknownFields
	out.Spec.Conversion = &apiextensionsv1.CustomResourceConversion{Strategy: "None"}
	if c := in.Spec.Conversion; c != nil {
		out.Spec.Conversion.Strategy = c.Strategy
		if c.WebhookClientConfig != nil || c.ConversionReviewVersions != nil {
			out.Spec.Conversion.Webhook = &apiextensionsv1.WebhookConversion{ClientConfig: c.WebhookClientConfig, ConversionReviewVersions: c.ConversionReviewVersions}
		}
	}
	versions := in.Spec.Versions
	if len(versions) == 0 && in.Spec.Version != "" {
		versions = []definitionVersion{{Name: in.Spec.Version, Served: true, Storage: true}}
	}
	for _, v := range versions {
		if in.Spec.Validation != nil {
			v.Schema = in.Spec.Validation.DeepCopy()
		}
		if in.Spec.Subresources != nil {
			v.Subresources = in.Spec.Subresources.DeepCopy()
		}
		if in.Spec.AdditionalPrinterColumns != nil {
			v.AdditionalPrinterColumns = in.Spec.AdditionalPrinterColumns
		}
		if in.Spec.SelectableFields != nil {
			v.SelectableFields = append([]apiextensionsv1.SelectableField(nil), in.Spec.SelectableFields...)
		}
		out.Spec.Versions = append(out.Spec.Versions, apiextensionsv1.CustomResourceDefinitionVersion{
			Name: v.Name, Served: v.Served, Storage: v.Storage, Deprecated: v.Deprecated, DeprecationWarning: v.DeprecationWarning,
			Schema: v.Schema, Subresources: v.Subresources, SelectableFields: v.SelectableFields, AdditionalPrinterColumns: columnsToV1(v.AdditionalPrinterColumns),
		})
	}
	return out, nil
}

func columnsFromV1(in []apiextensionsv1.CustomResourceColumnDefinition) (out []definitionColumn) {
	for _, c := range in {
		out = append(out, definitionColumn(c))
	}
	return out
}

func columnsToV1(in []definitionColumn) (out []apiextensionsv1.CustomResourceColumnDefinition) {
	for _, c := range in {
		out = append(out, apiextensionsv1.CustomResourceColumnDefinition(c))
	}
	return out
}
