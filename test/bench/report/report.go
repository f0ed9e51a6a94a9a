// Package report is what a run of the benchmark says: as JSON for programs, as
// Markdown for people, as a plot. It measures nothing.
package report

import (
	"time"
)

// Report is one run.
type Report struct {
	Began   time.Time `json:"began"`
	Version string    `json:"version"`
	Places  []Place   `json:"places"`
}

// Place is where rows were measured.
type Place struct {
	Name   string  `json:"name"` // "machine" or "node"
	Kernel string  `json:"kernel"`
	CPU    string  `json:"cpu"`
	CPUs   int     `json:"cpus"`
	Groups []Group `json:"groups"`
	Goals  []Goal  `json:"goals,omitempty"`
}

// Group is rows that were measured in the same rounds.
type Group struct {
	Name string `json:"name"` // as "prepare", "growth"
	What string `json:"what"` // a sentence
	// Rounds that the group was measured for.
	Rounds int `json:"rounds"`
	// Drift of the group's floor between the first and the last quarter of the
	// rounds, as a share: above [MaxDrift] the group is void.
	Drift float64 `json:"drift"`
	Rows  []Row   `json:"rows"`
	// Counts are what was counted and not timed.
	Counts []Count `json:"counts,omitempty"`
}

// MaxDrift is how much a floor may change during a run.
const MaxDrift = 0.20

// Void says whether the machine changed too much under the group.
func (g Group) Void() bool { return g.Drift > MaxDrift }

// Row is what one thing took.
type Row struct {
	Name    string        `json:"name"`
	Samples int           `json:"samples"`
	P50     time.Duration `json:"p50ns"`
	P90     time.Duration `json:"p90ns"`
	P99     time.Duration `json:"p99ns"`
	// Floor is what of it is not ours, at the median: a sum of rows of the same
	// group, which FloorOf names. Zero for a row that is a floor itself.
	Floor   time.Duration `json:"floorns,omitempty"`
	FloorOf []string      `json:"floorOf,omitempty"`
}

// Ratio of a row to its floor, at the median; zero if it has none.
func (r Row) Ratio() float64 {
	if r.Floor == 0 {
		return 0
	}
	return float64(r.P50) / float64(r.Floor)
}

// Count is a number with its unit.
type Count struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // as "writes", "MiB", "claims/s", "×"
}

// Goal is what a number is held to.
type Goal struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Limit is the most that the value may be, the least if AtLeast.
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"atLeast,omitempty"`
	Unit    string  `json:"unit"`
}

// Met says whether the value keeps to the limit.
func (g Goal) Met() bool {
	if g.AtLeast {
		return g.Value >= g.Limit
	}
	return g.Value <= g.Limit
}
