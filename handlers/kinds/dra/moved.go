package dra

import (
	"reflect"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/structural"
)

// moved are the types whose fields moved between versions. In resource.k8s.io/v1beta1 a request for exactly one kind of
// device has its fields beside its name, and a device has its own in "basic".
var moved = movedFields()

func movedFields() structural.Special {
	request, exactly, flat := reflect.TypeFor[resourcev1.DeviceRequest](), reflect.TypeFor[resourcev1.ExactDeviceRequest](), reflect.TypeFor[resourcev1beta1.DeviceRequest]()
	device, old, basic := reflect.TypeFor[resourcev1.Device](), reflect.TypeFor[resourcev1beta1.Device](), reflect.TypeFor[resourcev1beta1.BasicDevice]()
	return structural.Special{
		{Dst: request, Src: flat}: func(c *structural.Compiler) (structural.Copier, error) {
			inner, err := c.Fields(exactly, flat, "name", "firstAvailable")
			if err != nil {
				return nil, err
			}
			alternatives, err := c.Compile(reflect.TypeFor[[]resourcev1.DeviceSubRequest](), reflect.TypeFor[[]resourcev1beta1.DeviceSubRequest]())
			return func(d, s reflect.Value) {
				out, in := d.Addr().Interface().(*resourcev1.DeviceRequest), s.Addr().Interface().(*resourcev1beta1.DeviceRequest)
				out.Name = in.Name
				(*alternatives)(d.FieldByName("FirstAvailable"), s.FieldByName("FirstAvailable"))
				rest := *in
				rest.Name, rest.FirstAvailable = "", nil
				if !reflect.ValueOf(rest).IsZero() {
					out.Exactly = &resourcev1.ExactDeviceRequest{}
					inner(reflect.ValueOf(out.Exactly).Elem(), s)
					if len(out.Exactly.Tolerations) == 0 { // upstream's conversion yields nil
						out.Exactly.Tolerations = nil
					}
				}
			}, err
		},
		{Dst: flat, Src: request}: func(c *structural.Compiler) (structural.Copier, error) {
			inner, err := c.Fields(flat, exactly)
			if err != nil {
				return nil, err
			}
			alternatives, err := c.Compile(reflect.TypeFor[[]resourcev1beta1.DeviceSubRequest](), reflect.TypeFor[[]resourcev1.DeviceSubRequest]())
			return func(d, s reflect.Value) {
				out, in := d.Addr().Interface().(*resourcev1beta1.DeviceRequest), s.Addr().Interface().(*resourcev1.DeviceRequest)
				if in.Exactly != nil {
					inner(d, reflect.ValueOf(in.Exactly).Elem())
				}
				out.Name = in.Name
				(*alternatives)(d.FieldByName("FirstAvailable"), s.FieldByName("FirstAvailable"))
			}, err
		},
		{Dst: device, Src: old}: func(c *structural.Compiler) (structural.Copier, error) {
			inner, err := c.Fields(device, basic)
			return func(d, s reflect.Value) {
				out, in := d.Addr().Interface().(*resourcev1.Device), s.Addr().Interface().(*resourcev1beta1.Device)
				if in.Basic != nil {
					inner(d, reflect.ValueOf(in.Basic).Elem())
				}
				out.Name = in.Name
			}, err
		},
		{Dst: old, Src: device}: func(c *structural.Compiler) (structural.Copier, error) {
			inner, err := c.Fields(basic, device, "name")
			return func(d, s reflect.Value) {
				out, in := d.Addr().Interface().(*resourcev1beta1.Device), s.Addr().Interface().(*resourcev1.Device)
				out.Name, out.Basic = in.Name, &resourcev1beta1.BasicDevice{}
				inner(reflect.ValueOf(out.Basic).Elem(), s)
			}, err
		},
	}
}
