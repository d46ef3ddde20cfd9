package columns

import (
	"strconv"

	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"
)

// slicePorts are the numbers of the ports, or their names where the number is up to each endpoint.
func slicePorts(s *discoveryv1.EndpointSlice) string {
	list := shortList{limit: 3, separator: ","}
	for _, p := range s.Ports {
		switch {
		case p.Port != nil:
			list.add(strconv.Itoa(int(*p.Port)))
		case p.Name != nil:
			list.add(*p.Name)
		default:
			list.add("*")
		}
	}
	return list.text("<unset>")
}

func sliceEndpoints(s *discoveryv1.EndpointSlice) string {
	list := shortList{limit: 3, separator: ","}
	for _, e := range s.Endpoints {
		for _, a := range e.Addresses {
			list.add(a)
		}
	}
	return list.text("<unset>")
}
