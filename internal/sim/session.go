package sim

import (
	"fmt"
	"sync"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// Session is one run of a scenario.
type Session struct {
	scenario *scenario.Scenario
	identity recorder.Identity
	start    time.Time
	log      *recorder.Log

	network   *network
	peers     map[string]*peer
	signaling *signaling
	judge     *judge
	handlers  []*handler
	pending   pending
	values    values

	// failed is closed when the script cannot go on, which ends the run.
	failed   chan struct{}
	failOnce sync.Once
}

// New prepares a run. Each event is handed to sink as one line of the recording.
func New(s *scenario.Scenario, id recorder.Identity, sink func(line []byte)) *Session {
	session := &Session{
		scenario: s,
		identity: id,
		start:    time.Now(),
		peers:    make(map[string]*peer),
		failed:   make(chan struct{}),
	}
	session.log = recorder.NewLog(session.Now, sink)
	session.signaling = newSignaling(session)
	session.judge = newJudge(session)
	session.handlers = newHandlers(session)
	return session
}

// Now returns the time since the start of the run.
func (s *Session) Now() time.Duration { return time.Since(s.start) }

// Run runs the scenario to its limit, or until the script fails.
func (s *Session) Run() {
	remarks := newRemarks(s, s.log.Add("", recorder.KindRun, 0, recorder.Run{Identity: s.identity}))
	s.log.Observe(s.observe)

	scripts := []*script{{session: s, name: "the steps come to their end", done: make(chan struct{})}}
	lists := [][]*scenario.Step{s.scenario.Steps}
	for _, config := range s.scenario.Scripts {
		name := fmt.Sprintf("the script of %s comes to its end", config.Name)
		scripts = append(scripts, &script{session: s, name: name, done: make(chan struct{})})
		lists = append(lists, config.Steps)
	}
	if err := s.connect(); err != nil {
		s.fail(verdict{text: "the peers can be made", seen: err.Error()})
	} else {
		for i, script := range scripts {
			go script.run(0, lists[i])
		}
	}
	go s.judge.run() // not before: a condition asks any of the peers

	limit := time.NewTimer(s.scenario.Limit - s.Now())
	defer limit.Stop()
	reason := "limit"
	select {
	case <-limit.C:
	case <-s.failed:
		reason = "failed"
	}
	remarks.finish(s.Now())
	s.finishMedia()
	if s.judge.finish() {
		<-s.failed
	}
	select {
	case <-s.failed:
	default:
		for _, script := range scripts {
			script.finish()
		}
		s.pending.finish()
	}
	s.conclude()
	s.log.Add("", recorder.KindEnd, 0, recorder.SessionEnd{
		Reason:   reason,
		Pending:  s.pending.list(),
		InFlight: s.inFlight(),
	})
}

// connect makes the network and the peers on it.
func (s *Session) connect() error {
	var err error
	if s.network, err = newNetwork(s); err != nil {
		return err
	}
	for _, p := range s.scenario.Peers {
		s.peers[p.Name] = &peer{session: s, name: p.Name, host: s.network.hosts[p.Name]}
	}
	for _, p := range s.scenario.Peers {
		if err := s.peers[p.Name].open(p); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// Close takes the session down: a program that goes on afterwards needs it, the guest does not.
func (s *Session) Close() error {
	for _, p := range s.peers {
		if p.pc != nil {
			p.pc.Close()
		}
	}
	if s.network == nil {
		return nil
	}
	return s.network.internet.Close()
}

func (s *Session) inFlight() int {
	if s.network == nil {
		return 0
	}
	return s.network.internet.InFlight()
}

// observe is told of every event, right after it was recorded and in the goroutine that it happened in.
func (s *Session) observe(e recorder.Event, data any) {
	s.judge.observe(e, data)
	if p := s.peers[e.Peer]; p != nil && !isPacket(e.Kind) {
		p.tell(e.Kind, data)
	}
	for _, h := range s.handlers {
		h.observe(e, data)
	}
}

// isPacket tells whether a kind of event is about a packet: most events are, and few care.
func isPacket(k recorder.Kind) bool {
	switch k {
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return true
	}
	return false
}

// fail records a verdict against the run and ends it.
func (s *Session) fail(v verdict) {
	s.verdict(v)
	s.failOnce.Do(func() { close(s.failed) })
}

// verdict is what became of something expected; it held unless something else was seen.
type verdict struct {
	text string
	at   scenario.Pos
	seen string
	near []recorder.Nearby
}

func (s *Session) verdict(v verdict) {
	s.log.Add("", recorder.KindVerdict, 0, recorder.Verdict{
		Text: v.text,
		Line: v.at.Line,
		File: s.file(v.at),
		Held: v.seen == "",
		Seen: v.seen,
		Near: v.near,
	})
}

// file returns the name of the file of a place; nothing for the scenario's own.
func (s *Session) file(at scenario.Pos) string {
	if at.File == 0 {
		return ""
	}
	return s.scenario.Files[at.File]
}

// pending holds the calls that have not come back, in the order they were made.
type pending struct {
	mu    sync.Mutex
	calls []*string
	// never is what to do at the end about calls that must not come back, in the order they were made.
	never []func()
}

// add notes a call, and returns the function to call when it is back.
func (p *pending) add(call string) (back func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, &call)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, c := range p.calls {
			if c == &call {
				p.calls = append(p.calls[:i:i], p.calls[i+1:]...)
				return
			}
		}
	}
}

// expect notes what to do at the end of the run about a call that must not come back.
func (p *pending) expect(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.never = append(p.never, f)
}

// finish decides about the calls that must not come back.
func (p *pending) finish() {
	p.mu.Lock()
	never := p.never
	p.mu.Unlock()
	for _, f := range never {
		f()
	}
}

func (p *pending) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var calls []string
	for _, c := range p.calls {
		calls = append(calls, *c)
	}
	return calls
}
