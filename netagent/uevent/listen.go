package uevent

import (
	"context"
	"time"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// Buses are the subsystems of hardware that has network links, as the kernel
// names the parents of links.
var Buses = []string{"auxiliary", "pci", "usb", "virtio", "vmbus", "xen"}

// resubscribeAfter keeps a node whose events overflow again and again from
// spending all its time on what they are the reason for.
const resubscribeAfter = 200 * time.Millisecond

// Listen passes news on until ctx ends, then closes the channel. It holds one
// token at most: "look again". News that got lost are one.
func Listen(ctx context.Context, subsystems ...string) (<-chan struct{}, error) {
	news, err := Subscribe(subsystems...)
	if err != nil {
		return nil, err
	}
	tokens := make(chan struct{}, 1)
	go func() {
		defer close(tokens)
		for news != nil {
			news.pass(ctx, tokens)
			news = again(ctx, subsystems)
		}
	}()
	return tokens, nil
}

// pass passes news on until there is an error, and closes the subscription.
func (n *News) pass(ctx context.Context, tokens chan<- struct{}) {
	defer n.Close()
	defer context.AfterFunc(ctx, n.Close)()
	for {
		err := n.Wait()
		select {
		case tokens <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// again subscribes once more, unless ctx ends first.
func again(ctx context.Context, subsystems []string) *News {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(resubscribeAfter):
		}
		news, err := Subscribe(subsystems...)
		if err == nil {
			return news
		}
		logging.From(ctx).Warn("no news of devices for now", "cause", err)
	}
}
