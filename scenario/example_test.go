package scenario_test

import (
	"errors"
	"fmt"

	"github.com/rtcsim/rtcsim/scenario"
)

func ExampleRead() {
	s, err := scenario.Read("hello.yaml", []byte(`
peers: {alice: {}, bob: {}}
steps:
  - alice: createDataChannel
    with: {label: chat}
  - negotiate: alice -> bob
  - wait: alice.channels.chat.readyState == "open"
  - alice.chat: send
    with: {data: hello}
expect:
  - bob received "hello" on chat
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range s.Steps {
		fmt.Println(step.Text())
	}
	// Output:
	// alice: createDataChannel "chat"
	// negotiate: alice -> bob
	// wait: alice.channels.chat.readyState == "open"
	// alice.chat: send "hello"
}

func ExampleErrorList_Pretty() {
	_, err := scenario.Read("hello.yaml", []byte(`
peers: {alice: {}, bob: {}}
steps:
  - alice: createDataChanel
  - wait: bob.connectionState == "conected"
`))
	var list scenario.ErrorList
	if errors.As(err, &list) {
		fmt.Println(list.Pretty())
	}
	// Output:
	// hello.yaml:4:12: unknown method "createDataChanel" [unknown-method]
	// 4 |   - alice: createDataChanel
	//   |            ^
	//   hint: did you mean createDataChannel?
	//
	// hello.yaml:5:34: unknown value "conected" [unknown-value]
	// 5 |   - wait: bob.connectionState == "conected"
	//   |                                  ^
	//   hint: did you mean connected?
}
