// What people do with Rod, whose WebSocket panics when a ping or a close frame comes.
package main

import (
	"context"
	"strings"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"greenroom/client"
)

func visit(limited context.Context, given client.Given) (seen client.Seen, err error) {
	address := given.ConnectString
	if strings.HasPrefix(address, "http") {
		if address, err = launcher.ResolveURL(address); err != nil {
			return
		}
	}
	connection, err := cdp.StartWithURL(limited, address, given.Header())
	if err != nil {
		return
	}
	browser := rod.New().Context(limited).Client(connection)
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
			return seen, err
		}
		seen.Found = append(seen.Found, info.URL)
	}
	page, err := browser.Page(proto.TargetCreateTarget{URL: given.Site})
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
	given.Idle()
	info, err := page.Info()
	if err != nil {
		return
	}
	seen.Title = info.Title
	said, err := page.Eval(`() => document.querySelector('#said').textContent`)
	if err != nil {
		return
	}
	seen.Pressed = said.Value.Str()
	picture, err := page.Screenshot(false, nil)
	if err != nil {
		return
	}
	seen.Screenshot = len(picture)
	second, err := browser.Page(proto.TargetCreateTarget{URL: given.Site + "greeting?Ada"})
	if err != nil {
		return
	}
	heading, err := second.Element("h1")
	if err != nil {
		return
	}
	if seen.Second, err = heading.Text(); err != nil {
		return
	}
	// Rod reads until the connection ends, and a frame that it does not know would be a panic: wait for that end.
	events := browser.Event()
	err = browser.Close()
	for range events {
	}
	return
}

func main() {
	client.Run(visit)
}
