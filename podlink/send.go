package podlink

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/report"
)

// send tells the driver, whose socket lies in the directory above that of the
// records. It is news that nobody waits for: without a driver, or with one that
// does not keep up, it is lost, and the container starts all the same.
func send(recordPath string, r report.Report) {
	data, err := r.Marshal()
	if err != nil {
		return
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	socket := filepath.Join(filepath.Dir(filepath.Dir(recordPath)), report.SocketName)
	_ = unix.Sendto(fd, data, unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: socket})
}
