// Package client is what the test programs for Go have in common: one argument in, one line out, both JSON.
package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Given is what the test asks for.
type Given struct {
	ConnectString, Site string
	IdleMillis          int
	Headers             map[string]string
}

// Seen is what the program saw on the test's site.
type Seen struct {
	Found      []string `json:"found"`
	Title      string   `json:"title"`
	Pressed    string   `json:"pressed"`
	Screenshot int      `json:"screenshot"`
	Second     string   `json:"second"`
}

// Header is for the upgrade.
func (given Given) Header() http.Header {
	header := http.Header{}
	for name, value := range given.Headers {
		header.Set(name, value)
	}
	return header
}

// Idle is silent for as long as the test asks for.
func (given Given) Idle() {
	time.Sleep(time.Duration(given.IdleMillis) * time.Millisecond)
}

// Run has the program visit the site, and prints what it saw, or why it failed.
func Run(visit func(context.Context, Given) (Seen, error)) {
	limited, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	var given Given
	var seen Seen
	err := json.Unmarshal([]byte(os.Args[1]), &given)
	if err == nil {
		seen, err = visit(limited, given)
	}
	answer := map[string]any{"result": seen}
	if err != nil {
		answer = map[string]any{"error": err.Error()}
	}
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}
