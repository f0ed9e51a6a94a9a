package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// dialTimeout bounds how long a connection out of the node may take to open.
const dialTimeout = 10 * time.Second

// serve answers two requests: CONNECT host:port, as an HTTP proxy does, and
// POST /exec, which turns the connection into an exec session.
func serve(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(handle))
}

func handle(w http.ResponseWriter, req *http.Request) {
	switch {
	case req.Method == http.MethodConnect:
		connect(w, req.Host)
	case req.Method == http.MethodPost && req.URL.Path == "/exec":
		if conn, r, err := hijack(w); err == nil {
			session(conn, r)
		}
	default:
		http.NotFound(w, req)
	}
}

func connect(w http.ResponseWriter, target string) {
	out, err := net.DialTimeout("tcp", target, dialTimeout)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = out.Close() }()
	if conn, r, err := hijack(w); err == nil {
		splice(conn, r, out)
	}
}

// hijack takes the connection over and says so to the client.
func hijack(w http.ResponseWriter) (net.Conn, *bufio.Reader, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return nil, nil, err
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, rw.Reader, nil
}

// relay passes each connection on to the address in file. The file is read each
// time: the address is a port that may be known late, or change.
func relay(address, file string) error {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = conn.Close() }()
			if err := passOn(conn, file); err != nil {
				fmt.Fprintln(os.Stderr, "agent: relay:", err)
			}
		}()
	}
}

func passOn(conn net.Conn, file string) error {
	target, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	out, err := net.DialTimeout("tcp", strings.TrimSpace(string(target)), dialTimeout)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	splice(conn, bufio.NewReader(conn), out)
	return nil
}
