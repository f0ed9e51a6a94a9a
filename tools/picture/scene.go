package main

// The picture of the README: who speaks with whom, and the way of a link from a
// claim into a pod, in numbers. Lengths are in pixels; the first line of a box is
// its title.

const width, height = 1000, 600

// tone is a pair of colours that a theme has.
type tone int

const (
	plain tone = iota
	kubernetes
	driver
	netagent
	pod
	link
)

type box struct {
	x, y, w, h int
	tone       tone
	frame      bool // holds others: its title is in its corner
	lines      []string
}

var boxes = []box{
	{x: 20, y: 130, w: 960, h: 450, frame: true, lines: []string{"node"}},
	{x: 338, y: 158, w: 622, h: 182, frame: true, lines: []string{"pod of the DaemonSet dra-driver"}},

	{x: 48, y: 28, w: 190, h: 70, tone: kubernetes, lines: []string{"API server", "scheduler"}},
	{x: 48, y: 200, w: 190, h: 70, tone: kubernetes, lines: []string{"kubelet"}},
	{x: 48, y: 400, w: 190, h: 150, tone: kubernetes, lines: []string{"container runtime", "containerd, runc"}},

	{x: 356, y: 196, w: 206, h: 122, tone: driver, lines: []string{"driver", "speaks with Kubernetes", "decides what", "no capability, no netlink"}},
	{x: 724, y: 196, w: 218, h: 122, tone: netagent, lines: []string{"netagent", "speaks with the kernel", "decides whether, and does it", "CAP_NET_ADMIN alone"}},

	{x: 356, y: 400, w: 206, h: 150, tone: pod, lines: []string{"your pod"}},
	{x: 724, y: 400, w: 218, h: 150, lines: []string{"kernel", "", "", "", "macvlan, ipvlan, veth, …", "VF, card, RDMA device"}},

	{x: 370, y: 448, w: 82, h: 30, lines: []string{"eth0"}},
	{x: 466, y: 448, w: 82, h: 30, tone: link, lines: []string{"data0"}},
	{x: 370, y: 504, w: 178, h: 30, tone: driver, lines: []string{"podlink"}},
	{x: 740, y: 448, w: 186, h: 30, tone: link, lines: []string{"the claim's link"}},
}

type point struct{ x, y int }

type arrow struct {
	tone  tone
	path  []point
	both  bool // has a head at its beginning too
	step  string
	at    point // of the step, or of the words if it is none
	words []string
}

var arrows = []arrow{
	{tone: kubernetes, path: []point{{459, 196}, {459, 63}, {240, 63}}, at: point{474, 54}, words: []string{"what the node offers: ResourceSlices;", "what became of the claims: status"}},
	{tone: kubernetes, path: []point{{143, 98}, {143, 198}}, at: point{156, 114}, words: []string{"pods, claims"}},
	{tone: kubernetes, path: []point{{238, 240}, {354, 240}}, step: "1", at: point{258, 218}, words: []string{"prepare"}},
	{tone: driver, path: []point{{562, 262}, {722, 262}}, both: true, step: "2", at: point{582, 242}, words: []string{"Attach, Detach", "", "Watch"}},
	{tone: netagent, path: []point{{902, 318}, {902, 446}}, step: "3", at: point{776, 370}, words: []string{"make, or lend"}},
	{tone: driver, path: []point{{459, 318}, {459, 370}, {143, 370}, {143, 398}}, step: "4", at: point{202, 350}, words: []string{"CDI spec"}},
	{tone: kubernetes, path: []point{{238, 519}, {354, 519}}, at: point{262, 506}, words: []string{"starts it"}},
	{tone: link, path: []point{{740, 463}, {550, 463}}, step: "5", at: point{588, 440}, words: []string{"runc moves it"}},
	{tone: driver, path: []point{{507, 504}, {507, 480}}, step: "6", at: point{588, 510}, words: []string{"checks it, sets", "addresses"}},
}
