package image

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// stage is a final stage while it is read.
type stage struct {
	image    Image
	bin      string
	lexer    *shell.Lex
	given    map[string]string // values from outside
	defaults map[string]string // of the ARGs before the first FROM
	values   map[string]string // what variables stand for, so far
}

func (s *stage) apply(command instructions.Command) error {
	if c, ok := command.(instructions.SupportsSingleWordExpansion); ok {
		if err := c.Expand(s.expand); err != nil {
			return err
		}
	}
	config := &s.image.Config
	switch c := command.(type) {
	case *instructions.ArgCommand:
		s.declare(c)
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			config.Env = append(config.Env, kv.Key+"="+kv.Value)
			s.values[kv.Key] = kv.Value
		}
	case *instructions.LabelCommand:
		if config.Labels == nil {
			config.Labels = map[string]string{}
		}
		for _, kv := range c.Labels {
			config.Labels[kv.Key] = kv.Value
		}
	case *instructions.UserCommand:
		config.User = c.User
	case *instructions.WorkdirCommand:
		config.WorkingDir = path.Join("/", config.WorkingDir, c.Path)
	case *instructions.EntrypointCommand:
		config.Entrypoint = line(c.ShellDependantCmdLine)
	case *instructions.CmdCommand:
		config.Cmd = line(c.ShellDependantCmdLine)
	case *instructions.CopyCommand:
		return s.copy(c)
	case *instructions.ExposeCommand:
	default:
		return fmt.Errorf("%s needs a container engine", command.Name())
	}
	return nil
}

// declare sets the variables of an ARG: from outside, else from its own default,
// else from an ARG of that name before the first FROM.
func (s *stage) declare(arg *instructions.ArgCommand) {
	for _, a := range arg.Args {
		if v, ok := s.given[a.Key]; ok {
			s.values[a.Key] = v
		} else if a.Value != nil {
			s.values[a.Key] = *a.Value
		} else if v, ok := s.defaults[a.Key]; ok {
			s.values[a.Key] = v
		}
	}
}

func (s *stage) expand(word string) (string, error) {
	env := make([]string, 0, len(s.values))
	for k, v := range s.values {
		env = append(env, k+"="+v)
	}
	expanded, _, err := s.lexer.ProcessWord(word, shell.EnvsFromSlice(env))
	return expanded, err
}

// line is a command in the form that the image keeps: the shell form runs a shell.
func line(c instructions.ShellDependantCmdLine) []string {
	if c.PrependShell {
		return append([]string{"/bin/sh", "-c"}, c.CmdLine...)
	}
	return c.CmdLine
}

// copy adds binaries that the build stage made.
func (s *stage) copy(c *instructions.CopyCommand) error {
	if c.From == "" {
		return fmt.Errorf("COPY without --from: only what a build stage made can be copied")
	}
	for _, source := range c.SourcePaths {
		name, ok := strings.CutPrefix(path.Clean(source), BuildOutput)
		if !ok {
			return fmt.Errorf("COPY %s: the build stage's output is in %s", source, BuildOutput)
		}
		target := c.DestPath
		if strings.HasSuffix(target, "/") {
			target += path.Base(name)
		}
		if !path.IsAbs(target) {
			target = path.Join("/", s.image.Config.WorkingDir, target)
		}
		s.image.Files.File(target, filepath.Join(s.bin, name))
	}
	return nil
}
