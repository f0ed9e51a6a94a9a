//go:build !fault

// Package fault marks the points at which a crash is tested: between two steps
// that change something outside the process. In the product a point is nothing;
// built with the tag "fault" a point kills the process when a test asks for it.
package fault

// Point marks the point called name.
func Point(Name) {}

// Dir is empty: nobody can ask for a crash.
func Dir() string { return "" }
