package sim

import (
	"fmt"

	"github.com/pion/logging"

	"github.com/rtcsim/rtcsim/recorder"
)

// loggers gives pion its loggers: warnings and errors are recorded under the peer's name, the rest is not even formatted.
type loggers struct {
	session *Session
	peer    string
}

func (l loggers) NewLogger(scope string) logging.LeveledLogger { return logger{l, scope} }

type logger struct {
	loggers
	scope string
}

func (l logger) Trace(string)          {}
func (l logger) Tracef(string, ...any) {}
func (l logger) Debug(string)          {}
func (l logger) Debugf(string, ...any) {}
func (l logger) Info(string)           {}
func (l logger) Infof(string, ...any)  {}

func (l logger) Warn(msg string)                   { l.record("warn", msg) }
func (l logger) Warnf(format string, args ...any)  { l.record("warn", fmt.Sprintf(format, args...)) }
func (l logger) Error(msg string)                  { l.record("error", msg) }
func (l logger) Errorf(format string, args ...any) { l.record("error", fmt.Sprintf(format, args...)) }

func (l logger) record(level, text string) {
	l.session.log.Add(l.peer, recorder.KindLog, 0, recorder.LogLine{Level: level, Scope: l.scope, Text: text})
}
