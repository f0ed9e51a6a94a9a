// Package toolchain prepares what the test node and the test cluster are made
// of: programs built from Go modules, Debian packages, a kernel.
//
// Everything that it makes goes into a cache ($HAWSER_CACHE, or hawser/ in the
// user's cache directory) under a key that is a hash of what it was made from.
// A second checkout with the same inputs finds it there; a changed input makes
// it anew; two processes that want the same thing make it once.
//
// It installs Debian packages, by name and with apt-get, when they are missing,
// and it adds the release's backports suite where the machine's own QEMU or
// kernel is too old. It downloads through apt and the go command only, from
// wherever these are set up to download from.
package toolchain
