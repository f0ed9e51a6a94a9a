package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/bench/report"
)

// Where a repository has its last report.
const (
	publishedDocument = "docs/performance.md"
	publishedJSON     = "docs/performance.json"
	publishedPlot     = "docs/performance.svg"
)

// publishCommand is the first argument of the program when it is to do that.
const publishCommand = "publish"

// publish makes a run the one that the documents show. It may be in several files,
// as of places and groups that were measured apart.
func publish(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: bench publish REPOSITORY bench.json…")
	}
	r, err := readAll(args[1:])
	if err != nil {
		return err
	}
	path := filepath.Join(args[0], publishedDocument)
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := r.Embed(string(old))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	out, err := os.Create(filepath.Join(args[0], publishedJSON))
	if err != nil {
		return err
	}
	return errors.Join(r.WriteJSON(out), out.Close(),
		os.WriteFile(filepath.Join(args[0], publishedPlot), r.SVG(), 0o644),
		os.WriteFile(path, []byte(text), 0o644))
}

// readAll reads all files: the first, and of the others the groups, by place.
func readAll(paths []string) (all report.Report, err error) {
	for i, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return all, err
		}
		r, err := report.ReadJSON(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return all, fmt.Errorf("%s: %w", path, err)
		}
		if i == 0 {
			all = r
			continue
		}
		for _, p := range r.Places {
			all.Places = join(all.Places, p)
		}
	}
	return all, nil
}

func join(places []report.Place, more report.Place) []report.Place {
	for i := range places {
		if places[i].Name == more.Name {
			places[i].Groups = append(places[i].Groups, more.Groups...)
			places[i].Goals = append(places[i].Goals, more.Goals...)
			return places
		}
	}
	return append(places, more)
}
