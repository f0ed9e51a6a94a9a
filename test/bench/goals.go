package bench

import "github.com/hawser-dra/hawser/test/bench/report"

// goals are told of those groups that were measured.
func goals(groups []report.Group) []report.Goal { return nil }
