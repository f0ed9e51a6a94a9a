package scale

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/test/cluster"
)

// The groups of nodes. Few and dense ones are as many, with eight and with 128
// virtual functions.
const (
	typicalGroup = "typical"
	fewGroup     = "few"
	denseGroup   = "dense"
)

// functionsInFew is how many virtual functions a node has that has few.
const functionsInFew = 8

// Config of a run.
type Config struct {
	// Repo is the checkout, for what it deploys.
	Repo string
	// Nodes are all but those with 128 virtual functions, of which there are Dense.
	Nodes, Dense int
	// Steady is how long nothing happens.
	Steady time.Duration
	// Pods of each round; 0 rounds: none.
	Pods, Rounds int
	// Log takes a line on each thing that is done; nil means none.
	Log io.Writer `json:"-"`
	// DriverLog takes what the drivers say; nil means nothing.
	DriverLog io.Writer `json:"-"`
}

// run is one that goes on.
type run struct {
	cfg      Config
	began    time.Time
	cluster  *cluster.Cluster
	admin    *rest.Config
	client   kubernetes.Interface // uncounted, and without a limit
	observer *observer
	bindings *bindings
	fleet    *fleet
	// fail ends the run, from a job beside it.
	fail context.CancelCauseFunc
}

// Run measures on a cluster that has no nodes yet. What must hold for any number of
// nodes is checked: each driver publishes its pool, none writes while nothing
// changes or when it is replaced, each pod gets a node and each claim a device there.
func Run(ctx context.Context, c *cluster.Cluster, cfg Config) (*Result, error) {
	cfg.Log, cfg.DriverLog = cmp.Or(cfg.Log, io.Discard), cmp.Or(cfg.DriverLog, io.Discard)
	log, err := logging.New(cfg.DriverLog, 0, "text")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(logging.Into(ctx, log))
	defer cancel(nil)
	r, err := newRun(ctx, c, cfg)
	if err != nil {
		return nil, err
	}
	r.fail = cancel
	result, err := r.all(ctx)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, context.Cause(ctx))
	}
	return result, errors.Join(err, r.fleet.close())
}

func newRun(ctx context.Context, c *cluster.Cluster, cfg Config) (*run, error) {
	admin, err := c.RESTConfig()
	if err != nil {
		return nil, err
	}
	admin.ContentType = runtime.ContentTypeProtobuf
	r := &run{cfg: cfg, began: time.Now(), cluster: c, admin: admin}
	if r.client, err = kubernetes.NewForConfig(admin); err != nil {
		return nil, err
	}
	if err := install(ctx, c, cfg.Repo); err != nil {
		return nil, err
	}
	if err := makeNamespace(ctx, r.client); err != nil {
		return nil, err
	}
	if r.observer, err = observe(ctx, r.client); err != nil {
		return nil, err
	}
	if r.bindings, err = watchBindings(ctx, r.client); err != nil {
		return nil, err
	}
	r.fleet, err = newFleet()
	return r, err
}

// makeNamespace waits until pods can be made in it.
func makeNamespace(ctx context.Context, client kubernetes.Interface) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil {
		return err
	}
	return poll(ctx, func() (bool, error) {
		_, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// all is the whole of a run.
func (r *run) all(ctx context.Context) (*Result, error) {
	result := &Result{Config: r.cfg}
	few, err := r.join(ctx, fewGroup, r.cfg.Dense, typical())
	if err != nil {
		return nil, err
	}
	others, err := r.join(ctx, typicalGroup, r.cfg.Nodes-r.cfg.Dense, typical())
	if err != nil {
		return nil, err
	}
	nodes := slices.Concat(few, others)
	if err := r.drivers(ctx, nodes, result); err != nil {
		return nil, err
	}
	dense, err := r.join(ctx, denseGroup, r.cfg.Dense, dense())
	if err != nil {
		return nil, err
	}
	if result.Dense, err = r.pools(ctx, dense); err != nil {
		return nil, err
	}
	return result, r.unwritten(nodes, func() error { return r.pods(ctx, others, result) })
}

// drivers measures what drivers do for themselves.
func (r *run) drivers(ctx context.Context, nodes []*node, result *Result) (err error) {
	if result.Start, err = r.start(ctx, nodes); err != nil {
		return err
	}
	if result.Typical, err = r.pool("published", nodes[0], result.Start); err != nil {
		return err
	}
	r.tell("%d drivers have published in %.0f s", len(nodes), result.Start.Seconds)
	if result.Steady, err = r.steady(ctx, nodes); err != nil {
		return err
	}
	r.tell("nothing has happened for %v", r.cfg.Steady)
	if result.Update, err = r.update(ctx, nodes); err != nil {
		return err
	}
	r.tell("%d drivers are replaced", len(nodes))
	return nil
}

// pods measures what pods cost, on nodes that are like each other and on those with
// few and with many virtual functions.
func (r *run) pods(ctx context.Context, nodes []*node, result *Result) (err error) {
	if result.Rounds, result.Claims, err = r.rounds(ctx, nodes); err != nil {
		return err
	}
	result.FunctionRounds, err = r.functionRounds(ctx)
	return err
}

// join makes nodes, without drivers, that stay alive until the run ends.
func (r *run) join(ctx context.Context, group string, n int, devices []*netagentv1.NodeDevice) ([]*node, error) {
	nodes, err := r.fleet.add(ctx, r.client, r.admin, group, n, devices)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := beat(ctx, r.client, nodes); err != nil {
			r.fail(err)
		}
	}()
	return nodes, r.schedulable(ctx, len(r.fleet.nodes))
}

// schedulable waits until so many nodes have lost the taint that new ones get.
func (r *run) schedulable(ctx context.Context, n int) error {
	return poll(ctx, func() (bool, error) {
		all, err := r.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		free := slices.DeleteFunc(all.Items, func(n corev1.Node) bool { return len(n.Spec.Taints) > 0 })
		return len(free) == n, nil
	})
}

// tell says what was done, and when.
func (r *run) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(r.cfg.Log, "%4.0f s  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}
