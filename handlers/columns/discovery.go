package columns

import (
	"strconv"

	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"
)

// slicePorts are the numbers of the ports, or their names where the number is up to each endpoint.
func slicePorts(s *discoveryv1.EndpointSlice) string {
	list := shortList{Limit: 3, Separator: ","}
	for _, p := range s.Ports {
		switch {
		case p.Port != nil:
			list.Add(strconv.Itoa(int(*p.Port)))
		case p.Name != nil:
			list.Add(*p.Name)
		default:
			list.Add("*")
		}
	}
	return list.Text("<unset>")
}

func sliceEndpoints(s *discoveryv1.EndpointSlice) string {
	list := shortList{Limit: 3, Separator: ","}
	for _, e := range s.Endpoints {
		for _, a := range e.Addresses {
			list.Add(a)
		}
	}
	return list.Text("<unset>")
}
