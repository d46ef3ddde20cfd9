package dra

import (
	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta1"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"
)

// allocation defaults to ExactCount, with a count of one.
func allocation(mode *string, count *int64) {
	if *mode == "" {
		*mode = "ExactCount"
	}
	if *mode == "ExactCount" && *count == 0 {
		*count = 1
	}
}

func requestsV1(l []resourcev1.DeviceRequest) {
	for i := range l {
		if e := l[i].Exactly; e != nil {
			allocation(&e.AllocationMode, &e.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}

func requestsV1beta1(l []resourcev1beta1.DeviceRequest) {
	for i := range l {
		if r := &l[i]; r.DeviceClassName != "" {
			allocation(&r.AllocationMode, &r.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}

func requestsV1beta2(l []resourcev1beta2.DeviceRequest) {
	for i := range l {
		if e := l[i].Exactly; e != nil {
			allocation(&e.AllocationMode, &e.Count)
		}
		for j := range l[i].FirstAvailable {
			s := &l[i].FirstAvailable[j]
			allocation(&s.AllocationMode, &s.Count)
		}
	}
}
