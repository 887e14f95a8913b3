// What people do with Rod, whose WebSocket panics when a ping or a close frame comes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"
)

type input struct {
	ConnectString, Site string
	IdleMillis          int
	Headers             map[string]string
}

type result struct {
	Found      []string `json:"found"`
	Title      string   `json:"title"`
	Pressed    string   `json:"pressed"`
	Screenshot int      `json:"screenshot"`
	Second     string   `json:"second"`
}

func visit(in input) (out result, err error) {
	header := http.Header{}
	for name, value := range in.Headers {
		header.Set(name, value)
	}
	limited, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	address := in.ConnectString
	if strings.HasPrefix(address, "http") {
		if address, err = launcher.ResolveURL(address); err != nil {
			return
		}
	}
	client, err := cdp.StartWithURL(limited, address, header)
	if err != nil {
		return
	}
	browser := rod.New().Context(limited).Client(client)
	if err = browser.Connect(); err != nil {
		return
	}
	pages, err := browser.Pages()
	if err != nil {
		return
	}
	for _, page := range pages {
		info, err := page.Info()
		if err != nil {
			return out, err
		}
		out.Found = append(out.Found, info.URL)
	}
	page, err := browser.Page(proto.TargetCreateTarget{URL: in.Site})
	if err != nil {
		return
	}
	if err = page.WaitLoad(); err != nil {
		return
	}
	button, err := page.Element("#press")
	if err != nil {
		return
	}
	if err = button.Click(proto.InputMouseButtonLeft, 1); err != nil {
		return
	}
	time.Sleep(time.Duration(in.IdleMillis) * time.Millisecond)
	info, err := page.Info()
	if err != nil {
		return
	}
	out.Title = info.Title
	said, err := page.Eval(`() => document.querySelector('#said').textContent`)
	if err != nil {
		return
	}
	out.Pressed = said.Value.Str()
	picture, err := page.Screenshot(false, nil)
	if err != nil {
		return
	}
	out.Screenshot = len(picture)
	second, err := browser.Page(proto.TargetCreateTarget{URL: in.Site + "greeting?Ada"})
	if err != nil {
		return
	}
	heading, err := second.Element("h1")
	if err != nil {
		return
	}
	if out.Second, err = heading.Text(); err != nil {
		return
	}
	err = browser.Close()
	// Rod reads on until its program ends, and a frame that it does not know would be a panic.
	time.Sleep(200 * time.Millisecond)
	return
}

func main() {
	var in input
	err := json.Unmarshal([]byte(os.Args[1]), &in)
	var out result
	if err == nil {
		out, err = visit(in)
	}
	answer := map[string]any{"result": out}
	if err != nil {
		answer = map[string]any{"error": err.Error()}
	}
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}
