module github.com/hawser-dra/hawser/test/cluster/build/jaeger

go 1.26.0

tool github.com/jaegertracing/jaeger/cmd/all-in-one

require github.com/jaegertracing/jaeger v1.76.0 // indirect
