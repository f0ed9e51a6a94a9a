package podlink

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/handover"
)

// ownNetns is a file of the calling thread's network namespace.
const ownNetns = "/proc/thread-self/ns/net"

// ask hands netagent this network namespace and returns its answer.
func ask(sockets string, r handover.Request) (handover.Answer, error) {
	var none handover.Answer
	data, err := handover.Marshal(r)
	if err != nil {
		return none, err
	}
	namespace, err := unix.Open(ownNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return none, fmt.Errorf("%s: %w", ownNetns, err)
	}
	defer func() { _ = unix.Close(namespace) }()
	fd, err := connect(sockets)
	if err != nil {
		return none, err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Sendmsg(fd, data, unix.UnixRights(namespace), nil, unix.MSG_NOSIGNAL); err != nil {
		return none, fmt.Errorf("ask netagent: %w", err)
	}
	answer, err := readAll(fd)
	if err != nil {
		return none, fmt.Errorf("netagent's answer: %w", err)
	}
	return handover.ParseAnswer(answer)
}

// connect finds a netagent that runs: during an update there are two, and one that
// was killed leaves its socket behind.
func connect(sockets string) (fd int, err error) {
	paths, err := filepath.Glob(filepath.Join(sockets, "*"+handover.Ext))
	if err != nil || len(paths) == 0 {
		return -1, errors.Join(err, fmt.Errorf("no socket in %s", sockets))
	}
	var errs []error
	for _, path := range paths {
		fd, err := connectTo(path)
		if err == nil {
			return fd, nil
		}
		errs = append(errs, err)
	}
	return -1, errors.Join(errs...)
}

func connectTo(path string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	wait := unix.NsecToTimeval(int64(handover.Time))
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &wait))
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("connect to %s: %w", path, err), unix.Close(fd))
	}
	return fd, nil
}

// readAll reads to the end, at most as much as an answer may have.
func readAll(fd int) ([]byte, error) {
	b := make([]byte, handover.MaxSize)
	for n := 0; ; {
		more, err := unix.Read(fd, b[n:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case more == 0:
			return b[:n], nil
		}
		n += more
	}
}
