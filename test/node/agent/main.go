// Command agent runs inside the test node. It lets the host run scripts there
// and open connections from there. Its relay gives one side an address of the
// other's, on either side.
//
//	agent serve ADDRESS         serves exec sessions and CONNECT requests over HTTP
//	agent hotplug               loads the modules of devices that appear
//	agent relay ADDRESS FILE    accepts connections on ADDRESS (host:port, or
//	                            unix:path) and passes them on to the address
//	                            that FILE holds when they come
//
// It asks nobody who they are: the port it serves on is forwarded to the host's
// loopback interface only, and the node holds nothing worth having.
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "serve":
		err = serve(args[1])
	case len(args) == 1 && args[0] == "hotplug":
		err = hotplug()
	case len(args) == 3 && args[0] == "relay":
		err = relay(args[1], args[2])
	default:
		err = fmt.Errorf("usage: agent serve ADDRESS | agent hotplug | agent relay ADDRESS FILE")
	}
	fmt.Fprintln(os.Stderr, "agent:", err)
	os.Exit(1)
}
