// What people do with chromedp since its API returns values. The package remote has its WebSocket.
package main

import (
	"context"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"

	"greenroom/client"
)

func visit(limited context.Context, given client.Given) (seen client.Seen, err error) {
	// Without NoModifyURL, the package asks for /json/version, and sends no headers there.
	options := []remote.Option{remote.WithDialHTTPHeader(given.Header())}
	if len(given.Headers) > 0 {
		options = append(options, remote.NoModifyURL)
	}
	browser, cancel := remote.NewAllocator(limited, given.ConnectString, options...)
	defer cancel()
	first, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err = chromedp.Do(first); err != nil {
		return
	}
	targets, err := chromedp.Targets(first)
	if err != nil {
		return
	}
	for _, target := range targets {
		if target.TargetID != chromedp.FromContext(first).Target.TargetID {
			seen.Found = append(seen.Found, target.URL)
		}
	}
	if err = chromedp.Do(first, chromedp.Navigate(given.Site), chromedp.Click(chromedp.CSS("#press"))); err != nil {
		return
	}
	given.Idle()
	if seen.Title, err = chromedp.Run(first, chromedp.Title()); err != nil {
		return
	}
	seen.Pressed, err = chromedp.Run(first, chromedp.Evaluate[string](`document.querySelector('#said').textContent`))
	if err != nil {
		return
	}
	picture, err := chromedp.Run(first, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	seen.Screenshot = len(picture)
	second, cancel := chromedp.NewContext(first)
	defer cancel()
	if err = chromedp.Do(second, chromedp.Navigate(given.Site+"greeting?Ada")); err != nil {
		return
	}
	seen.Second, err = chromedp.Run(second, chromedp.Evaluate[string](`document.querySelector('h1').textContent`))
	return
}

func main() {
	client.Run(visit)
}
