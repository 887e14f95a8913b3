// What people do with chromedp's API of before 2026, which answers no ping.
package main

import (
	"context"

	"github.com/chromedp/chromedp"

	"greenroom/client"
)

func visit(limited context.Context, given client.Given) (seen client.Seen, err error) {
	browser, cancel := chromedp.NewRemoteAllocator(limited, given.ConnectString)
	defer cancel()
	first, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err = chromedp.Run(first); err != nil {
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
	var picture []byte
	if err = chromedp.Run(first, chromedp.Navigate(given.Site), chromedp.Click("#press")); err != nil {
		return
	}
	given.Idle()
	if err = chromedp.Run(first,
		chromedp.Title(&seen.Title),
		chromedp.Evaluate(`document.querySelector('#said').textContent`, &seen.Pressed),
		chromedp.CaptureScreenshot(&picture)); err != nil {
		return
	}
	seen.Screenshot = len(picture)
	second, cancel := chromedp.NewContext(first)
	defer cancel()
	err = chromedp.Run(second,
		chromedp.Navigate(given.Site+"greeting?Ada"),
		chromedp.Evaluate(`document.querySelector('h1').textContent`, &seen.Second))
	return
}

func main() {
	client.Run(visit)
}
