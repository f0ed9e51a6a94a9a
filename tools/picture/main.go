// Picture draws the picture of the README, once for a light and once for a dark
// background:
//
//	go run ./tools/picture
//
// What is on it is in scene.go.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// directory is seen from the repository.
const directory = "docs"

func main() {
	for name, theme := range themes {
		if err := os.WriteFile(filepath.Join(directory, file(name)), []byte(draw(theme)), 0o644); err != nil { //nolint:gosec // it is published
			fmt.Fprintln(os.Stderr, "picture:", err)
			os.Exit(1)
		}
	}
}

func file(theme string) string { return "hawser-" + theme + ".svg" }
