package tui

import "github.com/rtcsim/rtcsim/internal/standard"

// diagrams are the standard's state machines, drawn. A line that ends in an
// arrowhead is a transition; lines that cross do not meet. A line that comes
// from words is one from every other state that is not an end, and ↺ is a
// transition from a state to itself. All that is drawn, and all that the
// standard's tables have, is the same: a test compares them.
//
// The places that words take on a border are lines behind them.
var diagrams = map[*standard.Machine]*diagram{
	&standard.Signaling: newDiagram(&standard.Signaling, `
   local offer     ╭──────────╮    remote offer
 ╭─────────────────┤  stable  ├─────────────────╮
 │ remote answer╭─▶│          │◀╮ local answer  │
 │ or rollback  │  ╰──────────╯ │ or rollback   │
 ▼              │   ▲ answer ▲  │               ▼
╭───────────────┴╮  │ remote │ ╭┴────────────────╮
│have-local-offer├──┼────────┼▶│have-remote-offer│
╰─┬─↺ local offer╯  │ offer  │ ╰↺ remote offer─┬─╯
  ▼ remote pranswer │        │  local pranswer ▼
╭───────────────────┴╮      ╭┴──────────────────╮
│have-remote-pranswer│      │have-local-pranswer│
╰─↺ remote pranswer──╯      ╰──↺ local pranswer─╯
                      ╭──────╮
 close() anywhere ───▶│closed│
                      ╰──────╯`),
	&standard.Gathering: newDiagram(&standard.Gathering, `
╭─────╮ description╭─────────╮all found ╭────────╮
│     ├───────────▶│         ├─────────▶│        │
│ new │            │gathering│          │complete│
│     │◀───────────┤         │◀─────────┤        │
╰─────╯ none left  ╰─────────╯  restart ╰────┬───╯
   ▲                none left                │
   ╰─────────────────────────────────────────╯`),
	&standard.ICEConnection: newDiagram(&standard.ICEConnection, `
╭────────╮    ╭────────────────────────────────╮
│ closed │    │          disconnected          ├─╮
╰────────╯    ╰──┬───────────┬─────────────┬───╯ │
    ▲          ▲ │         ▲ │           ▲ │     │
any: close()   │ ▼         │ ▼           │ ▼     │
╭─────╮   ╭────┴───╮   ╭───┴─────╮   ╭───┴─────╮ │
│ new ├──▶│checking│◀─▶│connected│◀─▶│completed│ │
╰────┬╯   ╰─────┬─┬╯   ╰───────┬─╯   ╰───────┬─╯ │
  ▲  │      ▲   │ │            │        ▲    │   │
 any │      │   │ ╰────────────┼────────╯    │   │
     │      │   ▼              ▼             ▼   │
     │   ╭──┴──────────────────────────────────╮ │
     ╰──▶│               failed                │◀╯
         ╰─────────────────────────────────────╯`),
	&standard.Connection: newDiagram(&standard.Connection, `
╭────────╮    ╭─────────────────────────────╮
│ closed │    │        disconnected         ├───╮
╰────────╯    ╰─────┬───────────────────┬───╯   │
    ▲             ▲ │                 ▲ │       │
any: close()      │ ▼                 │ ▼       │
╭─────╮       ╭───┴──────╮        ╭───┴─────╮   │
│ new ├──────▶│connecting│◀──────▶│connected│   │
╰─────╯       ╰───┬──────╯        ╰───┬─────╯   │
   ▲              │ ▲                 │ ▲       │
any: the          ▼ │                 ▼ │       │
last          ╭─────┴───────────────────┴───╮   │
transport     │           failed            │◀──╯
has gone      ╰─────────────────────────────╯`),
	&standard.ICETransport: newDiagram(&standard.ICETransport, `
╭────────╮    ╭────────────────────────────────╮
│ closed │    │          disconnected          ├─╮
╰────────╯    ╰──┬───────────┬─────────────┬───╯ │
    ▲          ▲ │         ▲ │           ▲ │     │
any: close()   │ ▼         │ ▼           │ ▼     │
╭─────╮   ╭────┴───╮   ╭───┴─────╮   ╭───┴─────╮ │
│ new ├──▶│checking│◀─▶│connected│◀─▶│completed│ │
╰──┬──╯   ╰─────┬─┬╯   ╰───────┬─╯   ╰───────┬─╯ │
   │        ▲   │ │            │        ▲    │   │
   │        │   │ ╰────────────┼────────╯    │   │
   ▼        │   ▼              ▼             ▼   │
╭───────────┴──────────────────────────────────╮ │
│                    failed                    │◀╯
╰──────────────────────────────────────────────╯`),
	&standard.DTLSTransport: newDiagram(&standard.DTLSTransport, `
              ╭────────────────────────────╮
              │           failed           ├─────╮
              ╰────────────────────────────╯     │
                   ▲ alert,           ▲ alert    │
                   │ fingerprint      │          │
╭─────╮ ICE   ╭────┴─────╮ done  ╭────┴────╮     │
│ new ├──────▶│connecting├──────▶│connected│     │
╰──┬──╯       ╰────┬─────╯       ╰─┬───────╯     │
   │ close()       │ close_notify  │ or close()  │
   ▼               ▼ or close()    ▼             │
╭──────────────────────────────────────────╮     │
│                  closed                  │◀────╯
╰──────────────────────────────────────────╯`),
	&standard.SCTPTransport: newDiagram(&standard.SCTPTransport, `
╭────────────╮ association is up    ╭───────────╮
│ connecting ├─────────────────────▶│ connected │
╰─────┬──────╯                      ╰─────┬─────╯
      │ rejected, DTLS ended    SHUTDOWN, │
      │ or close()              close()   │
      ▼                                   ▼
╭───────────────────────────────────────────────╮
│                    closed                     │
╰───────────────────────────────────────────────╯`),
	&standard.DataChannel: newDiagram(&standard.DataChannel, `
╭────────────╮  SCTP is connected   ╭───────────╮
│ connecting ├─────────────────────▶│   open    │
╰──┬───────┬─╯                      ╰─┬───────┬─╯
   │       │                          │       │
   │       │ close()          close() │       │
   │       │      ╭───────────╮       │       │
   │       ╰─────▶│  closing  │◀──────╯       │
   │              ╰─────┬─────╯               │
   │ transport lost     │ stream is reset     │
   ▼                    ▼                     ▼
╭───────────────────────────────────────────────╮
│                    closed                     │
╰───────────────────────────────────────────────╯`),
}
