package uevent

import "testing"

func TestIsOf(t *testing.T) {
	for event, want := range map[string]bool{
		"add@/devices/virtual/infiniband/rxe0\x00ACTION=add\x00SUBSYSTEM=infiniband\x00NAME=rxe0\x00": true,
		"add@/devices/virtual/misc/rdma_cm\x00SUBSYSTEM=misc\x00":                                     true,
		"add@/devices/virtual/net/eth9\x00SUBSYSTEM=net\x00":                                          false,
		"libudev\x00": false,
		"":            false,
	} {
		if got := isOf([]byte(event), []string{"infiniband", "misc"}); got != want {
			t.Errorf("%q: %v", event, got)
		}
	}
}
