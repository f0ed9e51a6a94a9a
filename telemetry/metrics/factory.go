package metrics

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// buckets begin where a prepare from memory ends, 50 µs, and reach to the 45 s
// that the kubelet waits. Kubernetes's own begin at 100 ms, where nearly all of
// this driver's prepares are over.
var buckets = []float64{
	50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3,
	0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45,
}

// calls gives otelgrpc's histogram of netagent's calls the same buckets, and
// keeps of its attributes those that tell calls apart.
func calls() sdkmetric.View {
	return sdkmetric.NewView(
		sdkmetric.Instrument{Name: "rpc.client.call.duration"},
		sdkmetric.Stream{
			Aggregation:     sdkmetric.AggregationExplicitBucketHistogram{Boundaries: buckets},
			AttributeFilter: attribute.NewAllowKeysFilter("rpc.method", "rpc.response.status_code"),
		})
}

// factory gathers the errors of making instruments.
type factory struct {
	meter metric.Meter
	errs  []error
}

func (f *factory) duration(name, what string) metric.Float64Histogram {
	h, err := f.meter.Float64Histogram(name, metric.WithDescription(what), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(buckets...))
	f.errs = append(f.errs, err)
	return h
}

func (f *factory) counter(name, what string) metric.Int64Counter {
	c, err := f.meter.Int64Counter(name, metric.WithDescription(what))
	f.errs = append(f.errs, err)
	c.Add(context.Background(), 0) // there from the start: a rate needs a first value
	return c
}

func (f *factory) gauge(name, what string) metric.Int64Observable {
	g, err := f.meter.Int64ObservableGauge(name, metric.WithDescription(what))
	f.errs = append(f.errs, err)
	return g
}

func (f *factory) total(name, what string) metric.Int64Observable {
	c, err := f.meter.Int64ObservableCounter(name, metric.WithDescription(what))
	f.errs = append(f.errs, err)
	return c
}
