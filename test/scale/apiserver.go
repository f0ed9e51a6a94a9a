package scale

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// served is how often each kind of request was answered, by all who ask.
type served map[Call]float64

// counted are the resources that pods and their claims are made of.
var counted = regexp.MustCompile(`^(pods|resourceclaims|events)(/|$)`)

// label of a metric.
var label = regexp.MustCompile(`(\w+)="([^"]*)"`)

// servedBy reads the API server's own count.
func servedBy(ctx context.Context, client kubernetes.Interface) (served, error) {
	text, err := client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("metrics of the API server: %w", err)
	}
	counts := served{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), "{")
		if name != "apiserver_request_total" {
			continue
		}
		labels := map[string]string{}
		for _, m := range label.FindAllStringSubmatch(rest, -1) {
			labels[m[1]] = m[2]
		}
		n, err := strconv.ParseFloat(rest[strings.LastIndex(rest, " ")+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics of the API server: %w", err)
		}
		resource := strings.TrimSuffix(labels["resource"]+"/"+labels["subresource"], "/")
		if counted.MatchString(resource) {
			counts[Call{strings.ToLower(labels["verb"]), resource}] += n
		}
	}
	return counts, nil
}

// since are the requests after before, for each of n pods.
func (s served) since(before served, n int) served {
	each := served{}
	for call, count := range s {
		if more := (count - before[call]) / float64(n); more >= 0.01 {
			each[call] = more
		}
	}
	return each
}

func (s served) sum() (n float64) {
	for _, count := range s {
		n += count
	}
	return n
}
