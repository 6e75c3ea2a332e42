package tui

import (
	"regexp"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// A lesson is a walk through a recording from one station to the next: the
// notes of the scenario's steps, its questions, and what came of these. It
// begins before the first station and ends after the last one.
type lesson struct {
	recording *recorder.Recording
	title     string
	lead      string   // the first sentence of the description
	links     []string // where to read on

	stations []station
	asked    map[uint64]int  // the stations of questions by the number of their events
	pending  map[string]int  // by path: questions whose step has not come yet
	told     map[string]bool // the steps whose notes have a station
	guesses  map[int]bool    // by the stations of questions
	notes    int             // how many notes there are
	known    int             // how many events have been looked at
	at       int             // 0 before the first station, i+1 at station i
	reached  int             // how far at has come
}

// A station is where the walk stops.
type station struct {
	kind stationKind
	n    int // the event
	// number counts notes and questions from 1. An answer has its question's.
	number int
	text   string // the note or the question, in Markdown

	// question is the station that an answer belongs to, and decided the
	// station of a question's answer; 0 if the run has given none. The first
	// station is never an answer.
	question, decided int
	explanation       string // of a question's answer: the note of the step that asks
	answer            recorder.Answer
	evidence          []int // events that tell why the answer is what it is
}

type stationKind int

const (
	stationNote stationKind = iota
	stationQuestion
	stationAnswer
)

// newLesson returns the walk through a recording.
func newLesson(r *recorder.Recording) *lesson {
	l := &lesson{
		recording: r,
		asked:     make(map[uint64]int),
		pending:   make(map[string]int),
		told:      make(map[string]bool),
		guesses:   make(map[int]bool),
	}
	h := r.Header()
	l.title, l.lead, l.links = describe(h.Text, h.Options.Variant)
	if l.title == "" {
		l.title = h.Scenario
	}
	l.load()
	return l
}

var furtherReading = regexp.MustCompile(`(?m)^- (https?://\S+)`)

// describe returns what a scenario says about itself. Of its description, the
// first sentence gives nothing away, and the links are for afterwards.
func describe(text, variant string) (title, lead string, further []string) {
	var about struct{ Name, Description string }
	if yaml.Unmarshal([]byte(text), &about) != nil {
		return "", "", nil
	}
	for _, setting := range strings.Split(variant, ",") {
		if name, value, ok := strings.Cut(setting, "="); ok {
			about.Name = strings.ReplaceAll(about.Name, "${"+name+"}", value)
			about.Description = strings.ReplaceAll(about.Description, "${"+name+"}", value)
		}
	}
	lead = scenario.Summary(about.Description)
	for _, m := range furtherReading.FindAllStringSubmatch(about.Description, -1) {
		further = append(further, m[1])
	}
	return about.Name, lead, further
}

// load takes the events into account that have come.
func (l *lesson) load() {
	for n, e := range l.recording.Forward(l.known + 1) {
		l.known = n
		switch e.Kind {
		case recorder.KindStep, recorder.KindPrediction, recorder.KindAnswer:
		default:
			continue
		}
		event, err := l.recording.Event(n)
		if err != nil {
			continue
		}
		data, _ := event.Value()
		switch d := data.(type) {
		case recorder.Step:
			l.step(n, d)
		case recorder.Prediction:
			l.asked[event.Seq], l.pending[d.Path] = len(l.stations), len(l.stations)
			l.add(station{kind: stationQuestion, n: n, text: d.Question})
		case recorder.Answer:
			q, ok := l.asked[event.Cause]
			if !ok || l.stations[q].decided > 0 {
				continue
			}
			l.stations[q].decided = len(l.stations)
			l.stations = append(l.stations, station{
				kind: stationAnswer, n: n, number: l.stations[q].number, text: d.Question, question: q, answer: d,
				evidence: evidence(l.recording, n, d),
			})
		}
	}
}

// step takes a step into account. The note of one that asks explains the answer.
func (l *lesson) step(n int, d recorder.Step) {
	q, asks := l.pending[d.Path]
	delete(l.pending, d.Path)
	switch {
	case d.Note == "":
	case asks:
		l.stations[q].explanation = d.Note
	case !l.told[d.File+" "+d.Path]:
		l.told[d.File+" "+d.Path] = true // a handler and a block come again
		l.notes++
		l.add(station{kind: stationNote, n: n, text: d.Note})
	}
}

func (l *lesson) add(s station) {
	s.number = l.notes + len(l.asked)
	l.stations = append(l.stations, s)
}

// total is how many notes and questions there are.
func (l *lesson) total() int { return l.notes + len(l.asked) }

// here returns the station, nil at the beginning and at the end.
func (l *lesson) here() *station {
	if l.at < 1 || l.at > len(l.stations) {
		return nil
	}
	return &l.stations[l.at-1]
}

// ended reports whether the walk is over.
func (l *lesson) ended() bool { return l.at > len(l.stations) }

// open reports whether the walk waits for a guess: there is a question, and
// its answer has not been seen.
func (l *lesson) open() bool {
	s := l.here()
	return s != nil && s.kind == stationQuestion && (s.decided == 0 || l.reached <= s.decided)
}

// guess takes down what somebody thinks the answer is.
func (l *lesson) guess(yes bool) { l.guesses[l.at-1] = yes }

// guessed returns the guess of the question at a station.
func (l *lesson) guessed(question int) (yes, ok bool) {
	yes, ok = l.guesses[question]
	return yes, ok
}

// arrive stops at another station.
func (l *lesson) arrive(at int) {
	l.at = min(max(0, at), len(l.stations)+1)
	l.reached = max(l.reached, l.at)
}

// place returns the event to look at, at a station.
func (l *lesson) place(at int) int {
	switch {
	case at < 1:
		return 1
	case at > len(l.stations):
		return l.known
	}
	s := l.stations[at-1]
	if len(s.evidence) > 0 && l.recording.Entry(s.evidence[0]).Time == l.recording.Entry(s.n).Time {
		return s.evidence[0]
	}
	return s.n
}

// until returns the last event that may be seen at a station: at a question
// what comes after it would tell the answer, elsewhere what a note is about
// may be seen, up to the next station or what decides its answer. 0 means all.
func (l *lesson) until(at int) int {
	switch {
	case at > len(l.stations) || len(l.stations) == 0:
		return 0
	case at > 0 && l.stations[at-1].kind == stationQuestion:
		return l.stations[at-1].n
	case at == len(l.stations):
		return l.known
	}
	last := l.place(at+1) - 1
	if at > 0 {
		last = max(last, l.stations[at-1].n)
	}
	return max(1, last)
}

// score counts the questions that were answered and seen, and those that were
// answered right, up to where the walk has come.
func (l *lesson) score() (right, answered int, wrong []int) {
	for i, s := range l.stations[:min(l.reached, len(l.stations))] {
		if s.kind != stationAnswer {
			continue
		}
		if yes, ok := l.guesses[s.question]; ok {
			answered++
			if yes == s.answer.Holds {
				right++
			} else {
				wrong = append(wrong, i)
			}
		}
	}
	return right, answered, wrong
}

// Limits for what is shown as evidence, and for where it is looked for.
const (
	maxEvidence = 2
	nearEvents  = 200
)

// evidence returns the events that tell why an answer is what it is. If the
// condition did not come true, the recording has those that came nearest. If it
// did, what made it so is among the last events before the answer: it is the
// one that has most in common with the words of the condition.
func evidence(r *recorder.Recording, n int, a recorder.Answer) []int {
	var found []int
	if !a.Holds {
		for i := len(a.Near) - 1; i >= 0 && len(found) < maxEvidence; i-- {
			if at := r.Find(a.Near[i].Seq); at > 0 && at < n {
				found = append(found, at)
			}
		}
		return found
	}
	asked := words(a.Condition)
	most := 1 // a peer's name alone says nothing
	now := r.Entry(n).Time
	for i, e := range r.Backward(n - 1) {
		if e.Time != now || n-i > nearEvents {
			break
		}
		switch e.Kind {
		case recorder.KindStep, recorder.KindVerdict, recorder.KindPrediction, recorder.KindAnswer, recorder.KindSnapshot,
			recorder.KindLog, recorder.KindEnd:
			continue
		}
		if common := inCommon(r, i, asked); common > most {
			most, found = common, []int{i}
		}
	}
	return found
}

// inCommon counts the words of a condition that an event has, too; 0 if these
// are nothing but names.
func inCommon(r *recorder.Recording, n int, asked map[string]bool) int {
	e, err := r.Event(n)
	if err != nil {
		return 0
	}
	data, _ := e.Value()
	names := e.Peer
	if d, ok := data.(recorder.ChannelEvent); ok {
		names += " " + d.Channel
	}
	named := words(names)
	text, _ := (&theme{}).label(e, data)
	count, says := 0, false
	for word := range words(names + " " + string(e.Kind) + " " + text) {
		if asked[word] {
			count++
			says = says || !named[word]
		}
	}
	if !says {
		return 0
	}
	return count
}

// words are those of a text, without the difference between connectionState
// and connectionstatechange.
func words(text string) map[string]bool {
	all := make(map[string]bool)
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		all[strings.TrimSuffix(word, "change")] = true
	}
	return all
}
