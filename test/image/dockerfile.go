package image

import (
	"bytes"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/hawser-dra/hawser/test/filetree"
)

// BuildOutput is where a Dockerfile's build stage puts its binaries. A file
// that the final stage copies from there is taken from the binaries' directory.
const BuildOutput = "/out/"

// FromDockerfile makes the image that the final stage of a Dockerfile describes:
// a stage FROM scratch that copies from the build stage and sets how to run it.
// Anything else in that stage, such as RUN, is refused, since it would take a
// container engine. args are the values of ARG; the file's own are the defaults.
func FromDockerfile(file, bin string, args map[string]string) (Image, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Image{}, fmt.Errorf("read a Dockerfile: %w", err)
	}
	i, err := fromDockerfile(text, bin, args)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", file, err)
	}
	return i, nil
}

func fromDockerfile(text []byte, bin string, args map[string]string) (Image, error) {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return Image{}, err
	}
	stages, global, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return Image{}, err
	}
	if len(stages) == 0 {
		return Image{}, fmt.Errorf("no stage")
	}
	final := stages[len(stages)-1]
	if final.BaseName != "scratch" {
		return Image{}, fmt.Errorf("the final stage is FROM %s, but only scratch needs no registry", final.BaseName)
	}
	s := stage{
		image:  Image{Files: &filetree.Tree{}},
		bin:    bin,
		lexer:  shell.NewLex(parsed.EscapeToken),
		given:  args,
		values: map[string]string{},
	}
	for _, g := range global {
		if err := s.apply(&g); err != nil {
			return Image{}, err
		}
	}
	s.defaults, s.values = s.values, map[string]string{}
	for _, command := range final.Commands {
		if err := s.apply(command); err != nil {
			at := command.Location()[0].Start.Line
			return Image{}, fmt.Errorf("line %d: %w", at, err)
		}
	}
	return s.image, s.image.Files.Err()
}
