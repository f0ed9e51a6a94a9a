package confine

import "golang.org/x/net/bpf"

// Offsets in struct seccomp_data (linux/seccomp.h). The low half of an argument
// comes first: the architectures here are little-endian.
const (
	offsetCall = 0
	offsetArch = 4
	offsetArgs = 16
	sizeofArg  = 8
	sizeofWord = 4
)

// rule allows one system call if all conditions hold.
type rule struct {
	call uint32
	when []condition
}

// condition holds if the bits of mask in an argument's low half are value. The
// kernel looks at no more of any argument that a rule names.
type condition struct {
	argument    uint32
	mask, value uint32
}

func is(argument, value uint32) condition { return condition{argument, 0xffffffff, value} }
func has(argument, bit uint32) condition  { return condition{argument, bit, bit} }
func lacks(argument, bits uint32) condition {
	return condition{argument, bits, 0}
}

// program answers allow to the calls of rules on one architecture, absent to
// those of unknown, and otherwise to all others. Each rule loads the call's
// number anew: after a condition, something else is in the accumulator.
func program(arch uint32, rules []rule, unknown []uint32, a answers) []bpf.Instruction {
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: sizeofWord},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: arch, SkipTrue: 1},
		bpf.RetConstant{Val: a.otherwise},
	}
	for _, r := range rules {
		p = append(p, r.block(a.allow)...)
	}
	for _, call := range unknown {
		p = append(p, rule{call: call}.block(a.absent)...)
	}
	return append(p, bpf.RetConstant{Val: a.otherwise})
}

// answers are what the kernel is told to do (SECCOMP_RET_*).
type answers struct{ allow, absent, otherwise uint32 }

// block returns answer if the rule fits, and else goes on behind itself.
func (r rule) block(answer uint32) []bpf.Instruction {
	const perCondition = 3
	left := uint8(perCondition*len(r.when) + 1)
	b := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetCall, Size: sizeofWord},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: r.call, SkipFalse: left},
	}
	for _, c := range r.when {
		left -= perCondition
		b = append(b,
			bpf.LoadAbsolute{Off: offsetArgs + sizeofArg*c.argument, Size: sizeofWord},
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.mask},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: c.value, SkipFalse: left})
	}
	return append(b, bpf.RetConstant{Val: answer})
}
