package scale

// Result of a run.
type Result struct {
	Config                 Config
	Start, Steady, Update  Phase
	Typical                Pool
	Dense                  []Pool
	Claims                 Claims
	Rounds, FunctionRounds []Round
}
