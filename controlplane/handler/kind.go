package handler

import (
	"encoding/json"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

// KindOf is the kind of a recorded device, as metrics name it.
func KindOf(d *record.Device) string {
	var config v1alpha1.DeviceConfig
	if json.Unmarshal(d.Config, &config) != nil {
		return metrics.Unknown
	}
	return metrics.CommonKind([]string{string(config.DeviceKind())})
}

// Keys are those under which netagent has a recorded device: more than one of a
// combination.
func Keys(d *record.Device) []string {
	var config v1alpha1.DeviceConfig
	if json.Unmarshal(d.Config, &config) != nil {
		return []string{d.Key}
	}
	var keys []string
	for _, part := range All().Parts(&config) {
		keys = append(keys, d.Key+part.Suffix)
	}
	return keys
}

// RecordedKind is what the devices of a recorded claim have in common.
func RecordedKind(r *record.Record) string {
	var kinds []string
	for i := range r.Devices {
		kinds = append(kinds, KindOf(&r.Devices[i]))
	}
	return metrics.CommonKind(kinds)
}
