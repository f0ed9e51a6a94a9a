// Package helm runs Helm, in the version of tools/helm, on the checkout's chart.
package helm

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Chart is the product's, seen from the repository's root, where Helm runs.
const Chart = "deploy/charts/hawser"

// Run runs Helm in the checkout repo, with the environment env or else this
// process's, and returns what it printed. Its error has all of that.
func Run(ctx context.Context, repo string, env []string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", append([]string{"tool", "-modfile=tools/helm/go.mod", "helm"}, args...)...)
	c.Dir, c.Env = repo, env
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), nil
}
