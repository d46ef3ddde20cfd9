package apiextensions

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
)

// storedDefinition is a CustomResourceDefinition in its first version. Nobody serves that any more, yet upstream goes on
// storing definitions in it. What all versions of the custom resource share stands once, beside them.
type storedDefinition struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              storedSpec                                     `json:"spec"`
	Status            apiextensionsv1.CustomResourceDefinitionStatus `json:"status,omitempty"`
}

type storedSpec struct {
	Group                    string                                        `json:"group"`
	Version                  string                                        `json:"version,omitempty"`
	Names                    apiextensionsv1.CustomResourceDefinitionNames `json:"names"`
	Scope                    string                                        `json:"scope"`
	Validation               *apiextensionsv1.CustomResourceValidation     `json:"validation,omitempty"`
	Subresources             *apiextensionsv1.CustomResourceSubresources   `json:"subresources,omitempty"`
	Versions                 []storedVersion                               `json:"versions,omitempty"`
	AdditionalPrinterColumns []storedColumn                                `json:"additionalPrinterColumns,omitempty"`
	SelectableFields         []apiextensionsv1.SelectableField             `json:"selectableFields,omitempty"`
	Conversion               *storedConversion                             `json:"conversion,omitempty"`
	PreserveUnknownFields    *bool                                         `json:"preserveUnknownFields,omitempty"`
}

type storedVersion struct {
	Name                     string                                      `json:"name"`
	Served                   bool                                        `json:"served"`
	Storage                  bool                                        `json:"storage"`
	Deprecated               bool                                        `json:"deprecated,omitempty"`
	DeprecationWarning       *string                                     `json:"deprecationWarning,omitempty"`
	Schema                   *apiextensionsv1.CustomResourceValidation   `json:"schema,omitempty"`
	Subresources             *apiextensionsv1.CustomResourceSubresources `json:"subresources,omitempty"`
	AdditionalPrinterColumns []storedColumn                              `json:"additionalPrinterColumns,omitempty"`
	SelectableFields         []apiextensionsv1.SelectableField           `json:"selectableFields,omitempty"`
}

// storedColumn has another name for its path than its successor.
type storedColumn struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Format      string `json:"format,omitempty"`
	Description string `json:"description,omitempty"`
	Priority    int32  `json:"priority,omitempty"`
	JSONPath    string `json:"JSONPath"`
}

type storedConversion struct {
	Strategy                 string                               `json:"strategy"`
	WebhookClientConfig      *apiextensionsv1.WebhookClientConfig `json:"webhookClientConfig,omitempty"`
	ConversionReviewVersions []string                             `json:"conversionReviewVersions,omitempty"`
}

// DeepCopyObject copies the parts, whose types can be copied.
func (in *storedDefinition) DeepCopyObject() runtime.Object {
	out := *in
	out.ObjectMeta = *in.ObjectMeta.DeepCopy()
	out.Status = *in.Status.DeepCopy()
	out.Spec.Names = *in.Spec.Names.DeepCopy()
	out.Spec.Validation, out.Spec.Subresources = in.Spec.Validation.DeepCopy(), in.Spec.Subresources.DeepCopy()
	out.Spec.AdditionalPrinterColumns, out.Spec.SelectableFields = slices.Clone(in.Spec.AdditionalPrinterColumns), slices.Clone(in.Spec.SelectableFields)
	out.Spec.Versions = slices.Clone(in.Spec.Versions)
	for i := range out.Spec.Versions {
		v := &out.Spec.Versions[i]
		v.Schema, v.Subresources = v.Schema.DeepCopy(), v.Subresources.DeepCopy()
		v.AdditionalPrinterColumns, v.SelectableFields = slices.Clone(v.AdditionalPrinterColumns), slices.Clone(v.SelectableFields)
		v.DeprecationWarning = clonePointer(v.DeprecationWarning)
	}
	out.Spec.PreserveUnknownFields = clonePointer(in.Spec.PreserveUnknownFields)
	if c := in.Spec.Conversion; c != nil {
		out.Spec.Conversion = &storedConversion{Strategy: c.Strategy, WebhookClientConfig: c.WebhookClientConfig.DeepCopy(), ConversionReviewVersions: slices.Clone(c.ConversionReviewVersions)}
	}
	return &out
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func toStored(in *apiextensionsv1.CustomResourceDefinition) (*storedDefinition, error) {
	preserve := in.Spec.PreserveUnknownFields
	out := &storedDefinition{
		TypeMeta: metav1.TypeMeta{APIVersion: storedGVK.GroupVersion().String(), Kind: storedGVK.Kind}, ObjectMeta: in.ObjectMeta, Status: in.Status,
		Spec: storedSpec{Group: in.Spec.Group, Names: in.Spec.Names, Scope: in.Spec.Scope, PreserveUnknownFields: &preserve},
	}
	if c := in.Spec.Conversion; c != nil {
		out.Spec.Conversion = &storedConversion{Strategy: c.Strategy}
		if w := c.Webhook; w != nil {
			out.Spec.Conversion.WebhookClientConfig, out.Spec.Conversion.ConversionReviewVersions = w.ClientConfig, w.ConversionReviewVersions
		}
	}
	for _, v := range in.Spec.Versions {
		out.Spec.Versions = append(out.Spec.Versions, storedVersion{
			Name: v.Name, Served: v.Served, Storage: v.Storage, Deprecated: v.Deprecated, DeprecationWarning: v.DeprecationWarning,
			Schema: v.Schema, Subresources: v.Subresources, SelectableFields: v.SelectableFields, AdditionalPrinterColumns: columnsFromV1(v.AdditionalPrinterColumns),
		})
	}
	out.Spec.share()
	return out, nil
}

// share moves what all versions have in common to where it stands once.
func (s *storedSpec) share() {
	if len(s.Versions) == 0 {
		return
	}
	first := s.Versions[0]
	s.Version = first.Name
	same := func(part func(*storedVersion) any) bool {
		for i := range s.Versions {
			if !equality.Semantic.DeepEqual(part(&s.Versions[i]), part(&first)) {
				return false
			}
		}
		return true
	}
	schemas := same(func(v *storedVersion) any { return v.Schema })
	subresources := same(func(v *storedVersion) any { return v.Subresources })
	columns := same(func(v *storedVersion) any { return v.AdditionalPrinterColumns })
	fields := same(func(v *storedVersion) any { return v.SelectableFields })
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

// complete fills what was the default in the first version, where a definition that an old server stored is without it.
func (in *storedDefinition) complete() {
	s := &in.Spec
	if s.Scope == "" {
		s.Scope = "Namespaced"
	}
	if s.Names.Singular == "" {
		s.Names.Singular = strings.ToLower(s.Names.Kind)
	}
	if s.Names.ListKind == "" && s.Names.Kind != "" {
		s.Names.ListKind = s.Names.Kind + "List"
	}
	if len(s.Versions) == 0 && s.Version != "" {
		s.Versions = []storedVersion{{Name: s.Version, Served: true, Storage: true}}
	}
	if s.Conversion == nil {
		s.Conversion = &storedConversion{Strategy: "None"}
	}
	if c := s.Conversion; c.Strategy == "Webhook" && len(c.ConversionReviewVersions) == 0 {
		c.ConversionReviewVersions = []string{"v1beta1"}
	}
	if w := s.Conversion.WebhookClientConfig; w != nil && w.Service != nil && w.Service.Port == nil {
		port := int32(443)
		w.Service.Port = &port
	}
	if s.PreserveUnknownFields == nil {
		preserve := true
		s.PreserveUnknownFields = &preserve
	}
	if i := slices.IndexFunc(s.Versions, func(v storedVersion) bool { return v.Storage }); i >= 0 && len(in.Status.StoredVersions) == 0 {
		in.Status.StoredVersions = []string{s.Versions[i].Name}
	}
}

// fromStored completes its argument, which is its own.
func fromStored(in *storedDefinition) (*apiextensionsv1.CustomResourceDefinition, error) {
	in.complete()
	out := &apiextensionsv1.CustomResourceDefinition{
		TypeMeta: metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: storedGVK.Kind}, ObjectMeta: in.ObjectMeta, Status: in.Status,
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{Group: in.Spec.Group, Names: in.Spec.Names, Scope: in.Spec.Scope},
	}
	out.Spec.PreserveUnknownFields = *in.Spec.PreserveUnknownFields
	c := in.Spec.Conversion
	out.Spec.Conversion = &apiextensionsv1.CustomResourceConversion{Strategy: c.Strategy}
	if c.WebhookClientConfig != nil || c.ConversionReviewVersions != nil {
		out.Spec.Conversion.Webhook = &apiextensionsv1.WebhookConversion{ClientConfig: c.WebhookClientConfig, ConversionReviewVersions: c.ConversionReviewVersions}
	}
	for _, v := range in.Spec.Versions {
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

func columnsFromV1(in []apiextensionsv1.CustomResourceColumnDefinition) (out []storedColumn) {
	for _, c := range in {
		out = append(out, storedColumn(c))
	}
	return out
}

func columnsToV1(in []storedColumn) (out []apiextensionsv1.CustomResourceColumnDefinition) {
	for _, c := range in {
		out = append(out, apiextensionsv1.CustomResourceColumnDefinition(c))
	}
	return out
}
